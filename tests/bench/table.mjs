// Rows of the table. A row is {what, unit, ours, theirs, peer, budget}: ours and theirs are lists of
// samples (one where a size is exact); budget is {faster}, {ratio}, {most} or {exponent}.

export function summary(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share) => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    return sorted[below] + (place - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

/** How cost grows with size: the slope of the line through (log size, log cost) by least squares. */
export function exponent(points) {
  const logs = points.map(([size, cost]) => [Math.log(size), Math.log(Math.max(cost, 1e-9))]);
  const mean = (index) => logs.reduce((sum, one) => sum + one[index], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  return logs.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0) / logs.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}

const VERDICTS = {
  faster: (row, most) => [`≥ ${most}× faster`, row.theirs.median / row.ours.median >= most],
  ratio: (row, most) => [`≤ ${most}×`, row.ours.median / row.theirs.median <= most],
  most: (row, most) => [`≤ ${number(most)} ${row.unit}`, row.ours.median <= most],
  // Where the browser's own work grows faster than that, ours can't grow slower.
  exponent: (row, most) => [`exponent ≤ ${most}`, row.ours.median <= Math.max(most, row.theirs?.median ?? 0)],
};

export function judge(row) {
  const done = { ...row, ours: summary(row.ours), theirs: row.theirs && summary(row.theirs) };
  const [kind, most] = Object.entries(row.budget ?? {})[0] ?? [];
  if (kind) [done.limit, done.kept] = VERDICTS[kind](done, most);
  if (done.theirs) {
    const ratio = done.ours.median / done.theirs.median;
    done.ratio = ratio;
    done.shown = kind === 'faster' || (!kind && ratio < 0.5) ? `${number(1 / ratio)}× faster` : `${ratio.toFixed(3)}×`;
  }
  return done;
}

function number(value) {
  if (!Number.isFinite(value)) return '–';
  if (Number.isInteger(value)) return String(value);
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

const shown = ({ median, low, high }, unit) =>
  low === high ? `${number(median)} ${unit}` : `${number(median)} ${unit} (${number(low)}–${number(high)})`;

const WIDTHS = [70, 28, 44, 15, 18];
const columns = (cells) => console.log(cells.map((cell, index) => (WIDTHS[index] ? cell.padEnd(WIDTHS[index]) : cell)).join(' ').trimEnd());

export const heading = () => columns(['what (median, quartiles)', 'ours', 'theirs', 'ratio', 'budget', '']);

export function print(line, row) {
  columns([
    `${line}: ${row.what}`,
    shown(row.ours, row.unit),
    row.theirs ? `${shown(row.theirs, row.unit)} ${row.peer}` : '',
    row.shown ?? '',
    row.limit ?? '',
    row.kept === undefined ? '' : row.kept ? 'ok' : 'OVER',
  ]);
}
