"""Filters and sorts the table of the fleet, in the browser; everything that it shows is set as text."""

SCRIPT = """
'use strict';
const table = document.querySelector('.fleet'), body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
const rows = JSON.parse(document.getElementById('models').textContent);
const box = document.getElementById('filter'), more = document.getElementById('more');
const PART = Number(table.dataset.part);
const names = heads.map((head) => head.textContent), words = rows.map((row) => row.join(' ').toLowerCase());
const collator = new Intl.Collator('en', { numeric: true });
const amount = (text) => Number(text.replace(/[^0-9.]/g, ''));
let order = rows.map((_, place) => place), limit = PART;

function cell(text, column, row) {
  const td = document.createElement('td');
  td.dataset.name = names[column];
  if (!text) return td;
  const holder = document.createElement(column === 5 && row[9] ? 'a' : 'span');
  if (holder.tagName === 'A') holder.href = row[9];
  if (column === 1) holder.className = text.replace(' ', '-');
  holder.textContent = text;
  td.append(holder);
  return td;
}

function show() {
  const wanted = box.value.toLowerCase().split(' ').filter(Boolean);
  const places = order.filter((place) => wanted.every((word) => words[place].includes(word)));
  body.replaceChildren(...places.slice(0, limit).map((place) => {
    const tr = document.createElement('tr'), row = rows[place];
    tr.id = 'model-' + row[0];
    tr.append(...names.map((_, column) => cell(row[column], column, row)));
    return tr;
  }));
  more.hidden = places.length <= limit;
  document.getElementById('shown').textContent = Math.min(limit, places.length) + ' of ' + places.length + ' models';
}

function sortBy(column) {
  const head = heads[column], down = head.getAttribute('aria-sort') === 'ascending';
  heads.forEach((each) => each.removeAttribute('aria-sort'));
  head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
  const key = (place) => rows[place][column], side = down ? -1 : 1;
  const compare = column === 8 ? (a, b) => amount(a) - amount(b) : collator.compare;
  // What is not known is last; numbers are sorted as numbers, also in names.
  order.sort((a, b) => (!key(a) - !key(b)) || side * compare(key(a), key(b)) || a - b);
  show();
}

heads.forEach((head, column) => {
  head.tabIndex = 0;
  head.onclick = () => sortBy(column);
  head.onkeydown = (event) => { if (event.key === 'Enter') sortBy(column); };
});
box.oninput = () => { limit = PART; show(); };
more.onclick = () => { limit += PART; show(); };
document.getElementById('tools').hidden = false;
if (location.hash.startsWith('#model-')) box.value = location.hash.slice('#model-'.length);
show();
"""
