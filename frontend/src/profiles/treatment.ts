import type { NASForm } from '../shared/api'

// Treatment is how the jobs of a NAS are treated.
export type Treatment = Pick<NASForm, 'slots' | 'keep_days' | 'auto_resume'>

// wrongTreatment says what cannot be; empty: nothing.
export function wrongTreatment(t: Treatment): string {
  if (!Number.isInteger(t.slots) || t.slots < 0 || t.slots > 64) return 'Jobs at once are 1 to 64'
  if (!Number.isInteger(t.keep_days) || t.keep_days < 0 || t.keep_days > 3650)
    return 'Ended jobs are kept for 0 to 3650 days'
  return ''
}
