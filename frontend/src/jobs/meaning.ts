import type { Drive, Job } from '../shared/api'
import { isSurface, isSweep, phaseName, stageName } from '../shared/stages.svelte'
import { percent } from '../shared/words'

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
