// Text from a NAS is data. plain makes what could change how other text reads visible: control characters, and the
// ones that turn the direction of writing.
// eslint-disable-next-line no-control-regex -- they are what is looked for
const unfit = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

export function plain(s: string): string {
  return s.replace(unfit, '\ufffd')
}

// Names and references go back to the program as they came.
const exact = new Set(['id', 'key', 'nas', 'job', 'drive', 'drive_key', 'drive_id', 'gone', 'kind', 'state'])

// tidy gives a copy of what the program sent with all its text plain.
export function tidy<T>(value: T): T {
  if (typeof value === 'string') return plain(value) as T
  if (Array.isArray(value)) return value.map((v) => tidy(v)) as T
  if (value && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([k, v]) => [k, typeof v === 'string' && exact.has(k) ? v : tidy(v)]),
    ) as T
  }
  return value
}
