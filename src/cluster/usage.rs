//! What running containers use now, as their engine counts it.

use std::collections::BTreeMap;
use std::time::Duration;

use bollard::models::ContainerStatsResponse;
use bollard::query_parameters::StatsOptions;
use futures_util::stream::{StreamExt, TryStreamExt, iter};
use tokio::time::{sleep, timeout};

use super::dial::CONNECTIONS;
use super::docker::Engine;
use super::fault::{Fault, explain, is_missing};

/// How long one answer may take, and all of a machine's together.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
const USAGE_TIMEOUT: Duration = Duration::from_secs(60);
/// CPU is what was used between two looks so far apart.
const BETWEEN: Duration = Duration::from_secs(1);

/// What a container uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerUse {
    /// Its name.
    pub container: String,
    /// CPU in thousandths of a core, over about a second.
    pub cpu: u64,
    /// Memory in bytes, without what the kernel can drop at once.
    pub memory: u64,
}

/// What these containers use. One that ends meanwhile is left out.
pub(super) async fn usage(engine: &Engine, names: &[String]) -> Result<Vec<ContainerUse>, Fault> {
    let both = async {
        let before = look(engine, names).await?;
        sleep(BETWEEN).await;
        let after = look(engine, names).await?;
        let used = |name: &String| used(name, before.get(name)?, after.get(name)?);
        Ok(names.iter().filter_map(used).collect())
    };
    match timeout(USAGE_TIMEOUT, both).await {
        Ok(found) => found,
        Err(_) => Err(Fault::new("the engine did not tell within a minute what its containers use")),
    }
}

async fn look(engine: &Engine, names: &[String]) -> Result<BTreeMap<String, ContainerStatsResponse>, Fault> {
    let one = |name: &String| {
        let name = name.clone();
        async move {
            let options = StatsOptions { stream: false, one_shot: true };
            let mut answers = Box::pin(engine.docker.stats(&name, Some(options)));
            match timeout(ANSWER_TIMEOUT, answers.next()).await {
                Ok(Some(Ok(stats))) => Ok(Some((name, stats))),
                Ok(None) => Ok(None),
                Ok(Some(Err(error))) if is_missing(&error) => Ok(None),
                Ok(Some(Err(error))) => Err(explain(&error, "looking at what containers use")),
                Err(_) => Err(Fault::new("the engine did not tell within 10 seconds what a container uses")),
            }
        }
    };
    let looks: Vec<Option<_>> = iter(names).map(one).buffer_unordered(CONNECTIONS).try_collect().await?;
    Ok(looks.into_iter().flatten().collect())
}

/// None where the engine tells nothing that can be counted, as of a container that has ended.
fn used(name: &str, before: &ContainerStatsResponse, after: &ContainerStatsResponse) -> Option<ContainerUse> {
    let cpu = |stats: &ContainerStatsResponse| {
        let cpu = stats.cpu_stats.as_ref()?;
        Some((cpu.cpu_usage.as_ref()?.total_usage?, cpu.system_cpu_usage?))
    };
    let ((own_before, all_before), (own, all)) = (cpu(before)?, cpu(after)?);
    let cores = after.cpu_stats.as_ref()?.online_cpus.map(u128::from).filter(|cores| *cores > 0)?;
    let (own, all) = (own.checked_sub(own_before)?, all.checked_sub(all_before)?);
    let cpu = (u128::from(own) * cores * 1000).checked_div(u128::from(all))?;
    let memory = after.memory_stats.as_ref()?;
    let droppable = |key: &str| memory.stats.as_ref().and_then(|stats| stats.get(key)).copied();
    let droppable = droppable("inactive_file").or_else(|| droppable("total_inactive_file")).unwrap_or(0);
    Some(ContainerUse {
        container: name.to_owned(),
        cpu: u64::try_from(cpu).ok()?,
        memory: memory.usage?.saturating_sub(droppable),
    })
}
