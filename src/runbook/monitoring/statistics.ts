/** Robust statistics over small samples: one odd value must not move a verdict. */

/** NaN for no values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Linear between neighbours; NaN for no values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)]
  const high = sorted[Math.ceil(at)]
  if (low === undefined || high === undefined) return Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}

/**
 * How far values spread, as the standard deviation of their logarithms: latencies differ by factors, not by milliseconds.
 * The larger of two robust estimates (median absolute deviation; 90th percentile above the median), since either alone
 * is often too small with twenty samples.
 */
export function logSpread(values: readonly number[]): number {
  const logs = values.map((value) => Math.log(Math.max(value, 0.1)))
  const middle = median(logs)
  const byDeviation = 1.4826 * median(logs.map((log) => Math.abs(log - middle)))
  const byTail = (quantile(logs, 0.9) - middle) / 1.2816
  return Math.max(byDeviation, byTail)
}

/** How far medians of `count` values spread that spread by `spread` themselves: the normal approximation, never too small. */
export function spreadOfMedian(spread: number, count: number): number {
  return spread * Math.min(1, Math.sqrt(Math.PI / 2 / count))
}

/**
 * One-sided Mann-Whitney U test: how likely `sample` would lie this far above `reference` by chance. Normal
 * approximation with corrections for ties and continuity; good from about five values on.
 */
export function chanceOfBeingHigher(sample: readonly number[], reference: readonly number[]): number {
  const [n, m] = [sample.length, reference.length]
  if (n === 0 || m === 0) return 1
  const all = [
    ...sample.map((value) => ({ value, own: true })),
    ...reference.map((value) => ({ value, own: false })),
  ]
  all.sort((a, b) => a.value - b.value)
  let rankSum = 0
  let ties = 0
  for (let start = 0; start < all.length;) {
    let end = start
    while (all[end + 1]?.value === all[start]?.value) end += 1
    const size = end - start + 1
    const rank = (start + end) / 2 + 1
    rankSum += rank * all.slice(start, end + 1).filter(({ own }) => own).length
    ties += size ** 3 - size
    start = end + 1
  }
  const u = rankSum - (n * (n + 1)) / 2
  const total = n + m
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)))
  if (variance <= 0) return 1
  return upperTail((u - (n * m) / 2 - 0.5) / Math.sqrt(variance))
}

/** P(Z > z) of the normal distribution; Abramowitz and Stegun 7.1.26, error below 1.5e-7. */
function upperTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const poly =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const tail = (poly * Math.exp(-x * x)) / 2
  return z >= 0 ? tail : 1 - tail
}
