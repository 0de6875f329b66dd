import type { EngineWords, EvidenceWords, LogName, StageKind, SurfaceKind, Words } from './api'

// What there is to say of stages, engines and coverages, as the program's tables have it. It comes with each snapshot;
// before the first there is nothing to be said of.
let words = $state.raw<Words>({ stages: [], engines: [], phases: [], coverages: [], evidence: [], bad: [] })

export function learn(w: Words) {
  words = w
}

const stage = (kind = '') => words.stages.find((s) => s.kind === kind)
const known = (engine: string | undefined): EngineWords | undefined => words.engines.find((e) => e.engine === engine)

export const stageName = (kind = '') => stage(kind)?.title ?? kind

// logOf is the name by which a stage's log is asked for.
export const logOf = (kind: StageKind): LogName => stage(kind)?.log ?? kind

// isSurface is whether an engine goes over the whole drive in such a stage.
export const isSurface = (kind = '') => stage(kind)?.surface ?? false

// moves is whether the stage moves bytes, so that there is a speed.
export const moves = (kind = '') => stage(kind)?.moves ?? false

// isSelfTest is whether the drive tests itself.
export const isSelfTest = (kind = '') => stage(kind)?.self_test ?? false

export const phaseName = (kind: string | undefined, phase: string | undefined) =>
  isSurface(kind) && phase
    ? (words.phases.find((p) => p.name === phase)?.title ?? phase)
    : stageName(kind).toLowerCase()

// isSweep is whether the phase goes over the whole drive. That of badblocks is a pattern and its half, which does.
export const isSweep = (phase: string) => words.phases.find((p) => p.name === phase)?.sweep ?? true

// writes is whether an engine writes to the drive.
export const writes = (engine: string | undefined) => known(engine)?.writes ?? false

// checked is what has become of a byte that an engine covers, in words.
export const checked = (engine: string | undefined) => known(engine)?.checked ?? ''

// checks is the sweep of an engine that tells whether what it covers is right.
export const checks = (engine: string | undefined) => known(engine)?.sweeps.at(-1) ?? ''

// sweeps are all that an engine makes in so many passes.
export function sweeps(engine: string | undefined, passes: number): string[] {
  const e = known(engine)
  return e ? Array.from({ length: e.one_pass ? 1 : Math.max(1, passes) }, () => e.sweeps).flat() : []
}

export const coverageWord = (c: string) => words.coverages.find((w) => w.coverage === c)?.text ?? c

// evidenceWords are those of a kind of evidence; none for a finding's, which has a sentence of its own.
export const evidenceWords = (id: string): EvidenceWords | undefined => words.evidence.find((w) => w.id === id)

// badWord says what is wrong with a sector, behind "it".
export const badWord = (k: SurfaceKind) => words.bad.find((w) => w.kind === k)?.text ?? k

// inSentence is a stage's name in the midst of a sentence.
export const inSentence = (kind: string) => stageName(kind).toLowerCase()
