import type { Evidence, Finding, BurninJob } from '../shared/api'
import { stageName } from '../shared/stages.svelte'
import { count, many } from '../shared/words'

// A line of evidence: whether it holds, in words, and where it comes from.
export interface Line {
  kind: 'holds' | 'fails' | 'warns' | 'unknown' | 'told'
  says: string
  source: string
}

function say(e: Evidence): string {
  switch (e.id) {
    case 'identity_held':
      return `It is the drive that was chosen: ${e.value}`
    case 'identity_same':
      return e.ok ? 'It is the same drive at the end' : `Another drive at the end: ${e.value}`
    case 'stage_passed':
      return `${stageName(e.source)}: ${e.value}`
    case 'surface_complete':
      return e.ok ? 'The sweeps went to the end' : 'The sweeps did not go to the end'
    case 'bytes_covered':
      return `${e.of === undefined ? e.value : `${count(e.count ?? 0)} of ${count(e.of)}`} bytes checked`
    case 'no_bad_ranges':
      return e.ok ? 'No bad range' : e.count === undefined ? `Bad ranges: ${e.value}` : many(e.count, 'bad range')
    case 'no_foreign_writes':
      return e.ok
        ? 'Nobody else wrote to it'
        : `${e.count === undefined ? e.value : many(e.count, 'sector')} written by somebody else`
    case 'ends_clean':
      return `Both ends were erased and read back: ${e.value}`
    default:
      return e.value || e.id
  }
}

const value = (v: Finding['before']) => (typeof v === 'number' ? count(v) : (v ?? 'unknown'))

// evidence lists what a verdict stands on, what speaks against the drive first. Stages that passed are one line.
export function evidence(full: BurninJob): Line[] {
  const all = full.verdict.evidence ?? []
  const passed = all.filter((e) => e.id === 'stage_passed' && e.ok)
  const lines: Line[] = all
    .filter((e) => !passed.includes(e))
    .map((e) => ({
      kind: e.ok ? 'holds' : 'fails',
      says: say(e),
      source: e.id === 'stage_passed' ? '' : e.source || e.id,
    }))
  for (const f of full.findings ?? []) lines.push(finding(f))
  if (passed.length)
    lines.push({
      kind: 'holds',
      says: `Passed: ${passed.map((e) => stageName(e.source).toLowerCase()).join(', ')}`,
      source: `${passed.length} of ${full.stages?.length ?? 0} stages`,
    })
  const own = full.health?.after.passed ?? full.health?.before.passed ?? null
  if (own !== null)
    lines.push({ kind: 'told', says: `The drive itself says ${own ? 'PASSED' : 'FAILED'}`, source: 'SMART' })
  // What is missing stands among the evidence already where it was weighed.
  const weighed = new Set(all.filter((e) => !e.ok).map((e) => e.id))
  for (const l of full.verdict.lacks ?? [])
    if (!weighed.has(l.id)) lines.push({ kind: 'unknown', says: `Not known: ${l.id}`, source: stageName(l.source) })
  const order = { fails: 0, warns: 1, unknown: 2, holds: 3, told: 4 }
  return lines
    .map((l, i) => [l, i] as const)
    .sort(([a, i], [b, k]) => order[a.kind] - order[b.kind] || i - k)
    .map(([l]) => l)
}

function finding(f: Finding): Line {
  const figures = f.before !== null || f.after !== null ? `; ${value(f.before)} before, ${value(f.after)} after` : ''
  const kinds: Record<Finding['severity'], Line['kind']> = { fail: 'fails', warn: 'warns', info: 'told' }
  return {
    kind: kinds[f.severity],
    says: `${f.item ? `${f.item}: ` : ''}${f.says}${figures}`,
    source: f.rule,
  }
}
