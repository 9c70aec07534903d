export function keepsText(type: string): boolean {
  if (type.includes('INT')) return false
  return type === '' || /CHAR|CLOB|TEXT|BLOB|ANY/.test(type)
}
