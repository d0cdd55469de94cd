'use strict';
// Tables that can be sorted and filtered. Without this the page holds all the same.
for (const table of document.querySelectorAll('table.sortable')) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const byText = new Intl.Collator('en', { numeric: true });
  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.key === undefined ? cell.textContent : Number(cell.dataset.key);
  };
  const compare = (a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b : byText.compare(a, b));

  heads.forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') === 'ascending';
      heads.forEach((other) => other.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      rows.sort((a, b) => (down ? -1 : 1) * compare(key(a, column), key(b, column)));
      body.append(...rows);
    });
  });

  const filter = document.createElement('p');
  filter.className = 'filter';
  const label = document.createElement('label');
  label.textContent = 'Show only rows with ';
  const input = document.createElement('input');
  input.type = 'search';
  label.append(input);
  const told = document.createElement('span');
  told.setAttribute('role', 'status');
  filter.append(label, ' ', told);
  table.parentElement.before(filter);
  // Sorting moves the rows: each is known by itself, not by its place.
  const texts = new Map(rows.map((row) => [row, [...row.cells].map((cell) => cell.textContent).join(' ').toLowerCase()]));
  const show = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const [row, text] of texts) {
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    told.textContent = `${shown} of ${rows.length}`;
  };
  input.addEventListener('input', show);
  show();
}
