import type { BurninJob, Drive, Job, Said } from '../shared/api'
import { inSentence, isSurface, isSweep, phaseName, stageName, writes } from '../shared/stages.svelte'
import { many, percent, size, took } from '../shared/words'

// What a state means for the person's data, and what there is to do where no reason says so.

function sweepOf(j: Job): string {
  return isSurface(j.stage) && j.phase ? `, ${phaseName(j.stage, j.phase)}${isSweep(j.phase) ? ' sweep' : ''}` : ''
}

export function title(j: Job, full = false): string {
  if (j.stopping) return j.stopping.title
  if (j.state === 'running')
    return j.paused ? j.paused.title : `${stageName(j.stage)} at ${percent(j.stage_progress)}${sweepOf(j)}`
  if (j.state === 'queued') return full ? 'Waits for a free slot' : 'Waits for its turn'
  if (j.state === 'passed') return j.coverage === 'none' ? 'All stages passed, surface not tested' : 'All stages passed'
  return j.reason?.title ?? ''
}

export function happened(j: Job, full = false): string {
  if (j.stopping) return j.stopping.text
  if (j.state === 'running')
    return j.paused?.text || (j.bad_sectors ? 'There are bad sectors; the stage says more.' : 'No error so far.')
  if (j.state === 'queued')
    return full
      ? 'The drive is held for this job. As many jobs as the NAS has slots for are running.'
      : 'The drive is held for this job. Drives begin some seconds apart, so that they do not all spin up at once; ' +
          'jobs of another computer may come first.'
  return j.reason?.text ?? ''
}

// course says what a job did that passed: how long, how much was moved, and what was left out.
export function course(full: BurninJob): string {
  const stages = full.stages ?? []
  const began = full.runs?.[0]?.started_ms ?? full.created_ms
  const done = stages.filter((s) => s.state === 'passed').map((s) => inSentence(s.kind))
  const out = stages.filter((s) => s.state === 'skipped').map((s) => inSentence(s.kind))
  const read = stages.some((s) => isSurface(s.kind) && writes(s.engine)) ? 'read back and compared' : 'read'
  const moved = [
    full.bytes_written ? `${size(full.bytes_written)} written` : '',
    full.bytes_verified ? `${size(full.bytes_verified)} ${read}` : '',
  ].filter(Boolean)
  // Only what was read back says that no place is bad, and what was warned of stands beside it.
  const sound = full.bytes_verified > 0 && !full.warnings?.length
  const runs = full.runs?.length ?? 0
  return [
    full.ended_ms > began
      ? `It took ${took(full.ended_ms - began)}${runs > 1 ? `, in ${many(runs, 'run')}` : ''}.`
      : '',
    done.length ? `Passed: ${done.join(', ')}.` : '',
    moved.length ? `In all ${moved.join(', ')}${sound ? ', without a bad place' : ''}.` : '',
    out.length ? `Left out: ${out.join(', ')}.` : '',
  ]
    .filter(Boolean)
    .join(' ')
}

// Told are the warnings of one kind: their title and advice once, what each says beneath.
export interface Told {
  code: string
  title: string
  times: number
  texts: string[]
  hints: string[]
}

// merged puts warnings of one kind together, in the order in which the first of each came.
export function merged(warnings: Said[]): Told[] {
  const by = new Map<string, Told>()
  for (const w of warnings) {
    const t = by.get(w.code) ?? { code: w.code, title: w.title, times: 0, texts: [], hints: [] }
    t.times++
    if (w.text && !t.texts.includes(w.text)) t.texts.push(w.text)
    if (w.hint && !t.hints.includes(w.hint)) t.hints.push(w.hint)
    by.set(w.code, t)
  }
  return [...by.values()]
}

export function means(j: Job): string {
  switch (j.state) {
    case 'failed':
      return 'There is evidence against this drive. It would do to your data what it did to the test.'
    case 'unknown':
      return 'It has neither passed nor failed: the evidence is not enough for either.'
    case 'cancelled':
      if (j.undo === 'brought_back') return 'The test says nothing about the drive. It holds again what it held before.'
      return j.destroys
        ? 'The test says nothing about the drive. What was on it may be erased.'
        : 'The test says nothing about the drive.'
    case 'passed':
      if (j.coverage === 'verified') return 'Every byte was written, read back and compared.'
      if (j.coverage === 'written')
        return (
          'TrueNAS wrote to all of it but less than a MiB at its end, as the kernel counted. ' +
          'Nothing was read back.'
        )
      return j.coverage === 'read'
        ? 'Every byte could be read. Nothing was written.'
        : 'The drive speaks well of itself. Its surface was not tested.'
    default:
      return ''
  }
}

export function todo(j: Job, practice = false): string {
  if (j.stopping) return j.stopping.hint
  if (j.state === 'running' || j.state === 'queued')
    return (
      j.paused?.hint ||
      (practice ? 'Nothing. The practice NAS is part of this program: the run ends with the window.' : '') ||
      'Nothing. You can close this window; the run goes on at the NAS.'
    )
  return j.reason?.hint || (j.can_resume ? 'Resume it.' : j.state === 'passed' ? 'Nothing.' : '')
}

// lockText says by whom a drive is locked and what can be done about it.
export function lockText(d: Drive): string {
  if (d.missing)
    return 'The NAS did not list it when its drives were last looked at. What is shown is what its run knows.'
  switch (d.locking) {
    case 'open':
      return 'Nothing on it was found and nothing uses it. It can be started.'
    case 'phrase':
      return 'It holds something. It can be unlocked for one start by typing its phrase.'
    case 'in_use':
      return 'It is in use. Plans that erase are locked until what uses it lets go of it.'
    case 'for_good':
      return 'It is locked for good: Burnish does not erase such a drive.'
  }
}
