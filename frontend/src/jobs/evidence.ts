import type { BurninJob, Evidence, Finding, Stage } from '../shared/api'
import { evidenceWords, inSentence, stageName } from '../shared/stages.svelte'
import { stateWord } from '../shared/states'
import { count, many } from '../shared/words'

// A line of evidence: whether it holds, in words, and where it comes from. Only what speaks against the drive is
// against; what was not reached, or is not known, is open.
export interface Line {
  kind: 'holds' | 'against' | 'warns' | 'open' | 'told'
  says: string
  source: string
}

const isStage = (full: BurninJob, kind: string) => (full.stages ?? []).some((s) => s.kind === kind)
const failed = (full: BurninJob) => (full.stages ?? []).some((s) => s.state === 'failed')

function figures(e: Evidence): string {
  if (e.id === 'bytes_covered')
    return e.of === undefined ? '' : `${count(e.count ?? 0)} of ${count(e.of)} bytes checked`
  if (e.id === 'no_bad_ranges' && !e.ok) return e.count === undefined ? '' : many(e.count, 'bad place')
  if (e.id === 'no_foreign_writes' && !e.ok && e.count !== undefined)
    return `${many(e.count, 'sector was', 'sectors were')} written by somebody else`
  return ''
}

function item(full: BurninJob, e: Evidence): Line {
  const w = evidenceWords(e.id)
  const sentence = w ? (e.ok ? w.holds : w.fails) : e.value
  const more = w?.tells && e.value && e.count === undefined ? `: ${e.value}` : ''
  const stage = (full.stages ?? []).find((s) => s.kind === e.source)
  const bad = (w?.against ?? false) && (stage ? stage.state === 'failed' : failed(full))
  return {
    kind: e.ok ? 'holds' : bad ? 'against' : 'open',
    says: figures(e) || sentence + more,
    source: stage ? stageName(e.source) : e.source,
  }
}

// ends says how the stages ended that did not pass: those of one state in one line.
function ends(full: BurninJob): Line[] {
  const by = new Map<Stage['state'], string[]>()
  for (const s of full.stages ?? [])
    if (s.state !== 'passed') by.set(s.state, [...(by.get(s.state) ?? []), inSentence(s.kind)])
  return [...by].map(([state, names]) => ({
    kind: state === 'failed' ? 'against' : 'open',
    says: `${state === 'skipped' || state === 'pending' ? 'Not done' : stateWord(state)}: ${names.join(', ')}`,
    source: many(names.length, 'stage'),
  }))
}

const value = (v: Finding['before']) => (typeof v === 'number' ? count(v) : (v ?? 'unknown'))

// evidence lists what a verdict stands on, what speaks against the drive first. Nothing is said twice: stages that
// ended alike are one line, and a finding is not among what was weighed too.
export function evidence(full: BurninJob): Line[] {
  const all = full.verdict.evidence ?? []
  const rules = new Set((full.findings ?? []).map((f) => f.rule))
  const weighed = all.filter((e) => e.id !== 'stage_passed' && !rules.has(e.id))
  const lines: Line[] = [...weighed.map((e) => item(full, e)), ...(full.findings ?? []).map(finding), ...ends(full)]
  const passed = (full.stages ?? []).filter((s) => s.state === 'passed')
  if (passed.length)
    lines.push({
      kind: 'holds',
      says: `Passed: ${passed.map((s) => inSentence(s.kind)).join(', ')}`,
      source: `${passed.length} of ${many(full.stages?.length ?? 0, 'stage')}`,
    })
  const own = full.health?.after.passed ?? full.health?.before.passed ?? null
  if (own !== null && !all.some((e) => e.id === 'drive_says'))
    lines.push({ kind: 'told', says: `The drive itself says ${own ? 'PASSED' : 'FAILED'}`, source: 'SMART' })
  lines.push(...unknown(full, all))
  const order = { against: 0, warns: 1, open: 2, holds: 3, told: 4 }
  return lines
    .map((l, i) => [l, i] as const)
    .sort(([a, i], [b, k]) => order[a.kind] - order[b.kind] || i - k)
    .map(([l]) => l)
}

// unknown says what nobody has told. What a stage that came to no end of its own would have told is said by that.
function unknown(full: BurninJob, all: Evidence[]): Line[] {
  const told = (id: string, source: string) =>
    all.some((e) => !e.ok && e.id === id && (e.source === source || !isStage(full, e.source)))
  return (full.verdict.lacks ?? []).flatMap((l): Line[] => {
    const w = evidenceWords(l.id)
    const stage = (full.stages ?? []).find((s) => s.kind === l.source)
    if (!w || told(l.id, l.source) || (stage && stage.state !== 'passed' && stage.state !== 'failed')) return []
    return [{ kind: 'open', says: `Not known: ${w.missing}`, source: stageName(l.source) }]
  })
}

function finding(f: Finding): Line {
  const figures = f.before !== null || f.after !== null ? `; ${value(f.before)} before, ${value(f.after)} after` : ''
  const kinds: Record<Finding['severity'], Line['kind']> = { fail: 'against', warn: 'warns', info: 'told' }
  const item = f.item?.replaceAll('_', ' ')
  return {
    kind: kinds[f.severity],
    says: `${item ? `${item}: ` : ''}${figures ? f.says.replace(/\.$/, '') : f.says}${figures}`,
    source: f.source,
  }
}
