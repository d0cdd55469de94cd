//! The finer knobs of a service.

use super::fields::Fields;
use crate::compose::model::{Blkio, DeviceNumber, Tuning};
use crate::units::Bytes;
use crate::yaml::Node;

/// What is said of them; none where nothing is.
pub(super) fn tuning(fields: Fields) -> Option<Box<Tuning>> {
    let number = |key: &str| fields.integer::<i64>(key).map(|it| it.value);
    let options = fields.labels("storage_opt");
    let tuning = Tuning {
        blkio_config: blkio(fields.under("blkio_config")),
        cpu_count: number("cpu_count"),
        cpu_percent: number("cpu_percent"),
        cpu_period: number("cpu_period"),
        cpu_quota: number("cpu_quota"),
        cpu_rt_period: number("cpu_rt_period"),
        cpu_rt_runtime: number("cpu_rt_runtime"),
        device_cgroup_rules: fields.texts("device_cgroup_rules").into_iter().map(|it| it.value.to_string()).collect(),
        isolation: fields.text("isolation").map(|it| it.value.to_string()),
        mem_swappiness: number("mem_swappiness"),
        oom_kill_disable: fields.boolean("oom_kill_disable").map(|it| it.value),
        storage_opt: options.iter().map(|(key, value)| (key.to_string(), value.value.to_string())).collect(),
    };
    (tuning != Tuning::default()).then(|| Box::new(tuning))
}

fn blkio(fields: Fields) -> Blkio {
    let devices = |key: &str, number: &str| {
        let device = |item: &Node| {
            let item = Fields::of(item);
            let amount = item.read(number, |scalar| Bytes::parse(&scalar.canonical()).ok());
            let path = item.text("path")?.value.to_string();
            Some(DeviceNumber { path, number: amount?.value.as_i64() })
        };
        fields.items(key).iter().filter_map(device).collect()
    };
    Blkio {
        weight: fields.integer::<i64>("weight").map(|it| it.value),
        weight_device: devices("weight_device", "weight"),
        device_read_bps: devices("device_read_bps", "rate"),
        device_read_iops: devices("device_read_iops", "rate"),
        device_write_bps: devices("device_write_bps", "rate"),
        device_write_iops: devices("device_write_iops", "rate"),
    }
}
