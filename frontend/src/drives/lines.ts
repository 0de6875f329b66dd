import type { Drive, Job } from '../shared/api'
import { lockWord, stateWord, usageName } from '../shared/states'
import { coverageWord, isSelfTest, isSurface, moves, phaseName, stageName } from '../shared/stages.svelte'
import { left, many, none, percent, speed, took, when } from '../shared/words'
import type { Row } from './table.svelte'

// The lines of a row: first the answer, second its context.

// full is whether as many jobs run as the NAS has slots for.
export function stateLine(r: Row, now: number, full = false): string {
  const j = r.job
  if (!j) {
    if (r.drive.grant) return 'unlocked for one start'
    return r.shown === 'locked' ? lockWord(r.drive) : r.drive.smart !== true ? 'no health data' : ''
  }
  if (r.shown === 'stopping') return j.stopping?.code === 'stop_waits' ? 'drive is silent' : 'not ended yet'
  if (r.shown === 'paused') return j.paused?.title ?? 'paused'
  if (j.state === 'running') return `since ${when(j.started_ms, now)}`
  if (j.state === 'queued') return full ? 'waits for a slot' : 'waits for its turn'
  return when(j.ended_ms, now)
}

export function progressLine(j: Job): string {
  switch (j.state) {
    case 'queued':
      return `plan ${j.plan}`
    case 'running': {
      const phase = isSurface(j.stage) && j.phase ? `, ${phaseName(j.stage, j.phase)}` : ''
      return `${stageName(j.stage).toLowerCase()} ${percent(j.stage_progress)}${phase}`
    }
    case 'passed':
      if (j.coverage === 'none') return 'passed, surface not tested'
      return j.coverage === 'verified' ? 'every byte verified' : coverageWord(j.coverage)
    default:
      if (j.bad_sectors > 0) return many(j.bad_sectors, 'bad sector')
      return j.reason?.title ?? ''
  }
}

export function speedLines(j: Job | null): [string, string] {
  if (!j) return ['', '']
  if (j.state === 'running') {
    if (j.paused) return [speed(0), 'paused']
    if (moves(j.stage)) return [speed(j.bps), '']
    return [none, isSelfTest(j.stage) ? 'in the drive' : '']
  }
  return j.mean_bps !== null && j.state !== 'queued' ? [speed(j.mean_bps), 'mean'] : ['', '']
}

export function leftLines(r: Row, now: number): [string, string] {
  const j = r.job
  if (!j) return ['', '']
  if (r.shown === 'stopping') return [none, '']
  if (j.state === 'queued') return ['waits', '']
  if (j.state === 'running') return [left(r.left), r.left === null ? '' : when(now + r.left, now)]
  if (j.can_resume) return ['can resume', '']
  return j.started_ms && j.ended_ms ? [`took ${took(j.ended_ms - j.started_ms)}`, ''] : ['', '']
}

// usageLines are what holds a drive, and the rest of what is known of it.
export function usageLines(d: Drive): [string, string] {
  if (d.missing) return ['not there', d.usage_text]
  if (d.parts.length) return [d.parts[0]!, d.parts.slice(1).join(' · ') || usageName(d.usage_class)]
  return [usageName(d.usage_class), d.usage_text]
}

// spoken is what a screen reader says of the state cell: "Running, verify, 74 percent, about 33 hours left".
export function spoken(r: Row): string {
  const j = r.job
  const word = stateWord(r.shown)
  if (!j) return [word, stateLine(r, 0)].filter(Boolean).join(', ')
  if (r.shown === 'stopping') return `${word}, ${stateLine(r, 0)}`
  if (j.state === 'running')
    return `${word}, ${phaseName(j.stage, j.phase)}, ${Math.floor(j.stage_progress * 100)} percent, ${left(r.left)
      .replace('\u00a0h', ' hours')
      .replace(/\b1\u00a0min/, '1 minute')
      .replace('\u00a0min', ' minutes')} left`
  const more = j.bad_sectors > 0 ? many(j.bad_sectors, 'bad sector') : (j.reason?.title ?? '')
  return [word, more, j.warnings ? many(j.warnings, 'warning') : ''].filter(Boolean).join(', ')
}
