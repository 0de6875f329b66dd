// How times, sizes and shares are said. A no-break space stands between a number and its unit; a dash is "not known".
const nb = '\u00a0'
export const none = '–'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
export const count = (n: number) => whole.format(n)
export const many = (n: number, one: string, more = one + 's') => `${count(n)}${nb}${n === 1 ? one : more}`

// left says how long something takes yet; null is not known yet.
export function left(ms: number | null): string {
  if (ms === null) return 'measuring'
  return ms < minute ? `under 1${nb}min` : 'about ' + span(ms)
}

function span(ms: number): string {
  if (ms < 90 * minute) return `${Math.max(1, Math.round(ms / minute))}${nb}min`
  if (ms < 48 * hour) return `${Math.round(ms / hour)}${nb}h`
  return `${(ms / day).toFixed(1)}${nb}days`
}

// took says how long something took, to two units.
export function took(ms: number): string {
  if (ms < 0) return none
  const s = Math.round(ms / 1000)
  if (s < 60) return `${s}${nb}s`
  if (s < 3600) return `${Math.floor(s / 60)}${nb}min${s % 60 ? ` ${String(s % 60).padStart(2, '0')}${nb}s` : ''}`
  const m = Math.round(ms / minute)
  return `${Math.floor(m / 60)}${nb}h${m % 60 && m < 72 * 60 ? ` ${m % 60}${nb}min` : ''}`
}

// steady keeps a shown estimate until the new one differs by more than a twentieth.
export function steady(shown: number | null, now: number | null): number | null {
  if (shown === null || now === null) return now
  return Math.abs(now - shown) > 0.05 * shown ? now : shown
}

const clock = (d: Date) => `${String(d.getHours()).padStart(2, '0')}:${String(d.getMinutes()).padStart(2, '0')}`
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

// when names a moment near now: "14:02" today, "Tue 23:00" within six days, else "27 Nov 09:00".
export function when(ms: number, now: number): string {
  if (!ms) return none
  const d = new Date(ms)
  const today = new Date(now)
  if (d.toDateString() === today.toDateString()) return clock(d)
  if (Math.abs(ms - now) < 6 * day) return `${weekdays[d.getDay()]}${nb}${clock(d)}`
  const year = d.getFullYear() === today.getFullYear() ? '' : nb + d.getFullYear()
  return `${d.getDate()}${nb}${months[d.getMonth()]}${year} ${clock(d)}`
}

export function date(ms: number): string {
  if (!ms) return ''
  const d = new Date(ms)
  return `${d.getDate()}${nb}${months[d.getMonth()]}${nb}${d.getFullYear()}`
}

export const fullDate = (ms: number) => (ms ? `${date(ms)} ${clock(new Date(ms))}` : '')

// size is decimal, as on the drive's label.
export function size(bytes: number): string {
  if (bytes >= 1e12) return `${(bytes / 1e12).toFixed(2)}${nb}TB`
  if (bytes >= 1e9) return `${trim(bytes / 1e9)}${nb}GB`
  if (bytes >= 1e6) return `${trim(bytes / 1e6)}${nb}MB`
  return `${count(bytes)}${nb}B`
}
const trim = (n: number) => (n >= 100 ? n.toFixed(0) : n.toFixed(1).replace(/\.0$/, ''))

// part says how much of a whole, in the unit of the whole: "13.29 of 18.00 TB".
export function part(done: number, all: number): string {
  const [unit, name, digits] =
    all >= 1e12 ? ([1e12, 'TB', 2] as const) : all >= 1e9 ? ([1e9, 'GB', 1] as const) : ([1e6, 'MB', 1] as const)
  return `${(done / unit).toFixed(digits)} of ${(all / unit).toFixed(digits)}${nb}${name}`
}

export function speed(bps: number | null): string {
  if (bps === null) return none
  if (bps >= 1e9) return `${(bps / 1e9).toFixed(1)}${nb}GB/s`
  return `${Math.round(bps / 1e6)}${nb}MB/s`
}

export const degrees = (c: number | null) => (c === null ? none : `${c}${nb}°C`)

// percent is whole; 100 % only when nothing is left.
export function percent(share: number): string {
  const p = Math.min(100, Math.max(0, Math.floor(share * 100 + 1e-9)))
  return `${share < 1 ? Math.min(p, 99) : 100}${nb}%`
}

// countdown is minutes and seconds until a moment.
export function countdown(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1000))
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`
}
