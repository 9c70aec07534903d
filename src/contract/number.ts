/** `48,000`, `0.3`: one digit behind the point below ten. */
export function grouped(value: number): string {
  const rounded = Math.abs(value) >= 10 ? Math.round(value) : Math.round(value * 10) / 10
  return String(rounded).replace(/\B(?=(?:\d{3})+$)/g, ',')
}
