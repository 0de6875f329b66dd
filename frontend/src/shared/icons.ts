// Icons in a box of 16, a line of 1.5 with round ends. A shape is drawn as a line unless it says fill (in the colour of
// the text) or cut (a line in the colour of the ground, over a filled outline).
export interface Shape {
  d: string
  fill?: true
  cut?: true
  dash?: string
  faint?: true
}

const ring = (x: number, y: number, r: number) =>
  `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`
const line = (...ds: string[]): Shape[] => ds.map((d) => ({ d }))
const dot = (x: number, y: number, r = 0.8): Shape => ({ d: ring(x, y, r), fill: true })
const lines = (d: string): Shape[] => [{ d }]

export const icons = {
  queued: [{ d: ring(8, 8, 6), dash: '2.4 1.37' }, { d: 'M8 4.8V8l2.2 1.4' }],
  running: [{ d: ring(8, 8, 6), faint: true }, { d: 'M8 2a6 6 0 1 1-5.6 8.2' }],
  passed: [
    { d: ring(8, 8, 6.7), fill: true },
    { d: 'M4.8 8.2l2.2 2.2 4.2-4.6', cut: true },
  ],
  failed: [
    { d: 'M5.2 1.2h5.6l4 4v5.6l-4 4H5.2l-4-4V5.2z', fill: true },
    { d: 'M5.5 5.5l5 5M10.5 5.5l-5 5', cut: true },
  ],
  unknown: [
    {
      d: 'M4 1.3h8A2.7 2.7 0 0 1 14.7 4v8a2.7 2.7 0 0 1-2.7 2.7H4A2.7 2.7 0 0 1 1.3 12V4A2.7 2.7 0 0 1 4 1.3z',
      fill: true,
    },
    { d: 'M6 6.2a2 2 0 1 1 3 1.7c-.7.4-1 .7-1 1.4M8 11.5v.1', cut: true },
  ],
  cancelled: line(ring(8, 8, 6), 'M3.8 12.2l8.4-8.4'),
  skipped: line('M3 4l4 4-4 4M8.5 4l4 4-4 4'),
  pending: [{ d: ring(8, 8, 5.5), dash: '1.5 1.96' }],
  warning: [{ d: 'M8 2l6.4 11.5H1.6z' }, { d: 'M8 6.3v3.4' }, dot(8, 11.5)],
  ready: lines(ring(8, 8, 5.5)),
  paused: line(ring(8, 8, 6), 'M6.4 5.8v4.4M9.6 5.8v4.4'),
  stopping: [...line(ring(8, 8, 6)), { d: 'M5.8 5.8h4.4v4.4H5.8z', fill: true }],
  locked: line('M3.2 7h9.6v7H3.2z', 'M5.2 7V5a2.8 2.8 0 0 1 5.6 0v2'),
  unlocked: line('M3.2 7h9.6v7H3.2z', 'M5.2 7V4.4A2.8 2.8 0 0 1 10.6 3.6'),
  nas: line('M2 2.6h12v4.5H2zM2 8.9h12v4.5H2z', 'M4.5 4.8h.01M4.5 11.2h.01M7.6 4.8h3.9M7.6 11.2h3.9'),
  drive: [{ d: 'M2.6 2h10.8v12H2.6z' }, { d: ring(8, 7, 3) }, dot(8, 7, 0.7), { d: 'M5 12h2' }],
  history: line('M2.8 8A5.3 5.3 0 1 0 4.4 4.2L2.8 5.7', 'M2.8 2.8v2.9h2.9', 'M8 5.2V8l2.1 1.4'),
  plans: line('M6.6 4h7M6.6 8h7M6.6 12h7', 'M2.3 4l.9.9 1.6-1.7M2.3 8l.9.9 1.6-1.7M2.3 12l.9.9 1.6-1.7'),
  settings: line('M2 4.6h6M12 4.6h2M2 11.4h2M8 11.4h6', ring(10, 4.6, 1.9), ring(6, 11.4, 1.9)),
  plus: lines('M8 3v10M3 8h10'),
  search: line(ring(7, 7, 4.3), 'M10.2 10.2L14 14'),
  close: lines('M3.8 3.8l8.4 8.4M12.2 3.8l-8.4 8.4'),
  check: lines('M3 8.4l3.3 3.3L13 4.8'),
  down: lines('M4 6.2l4 4 4-4'),
  up: lines('M4 9.8l4-4 4 4'),
  right: lines('M6.2 4l4 4-4 4'),
  minus: lines('M3.5 8h9'),
  play: lines('M4.6 2.9L12.8 8l-8.2 5.1z'),
  stop: lines('M3.5 3.5h9v9h-9z'),
  resume: line('M2.8 3v10', 'M6 3.2L13.3 8 6 12.8z'),
  refresh: line('M13.3 8a5.3 5.3 0 1 1-1.6-3.8l1.6 1.5', 'M13.3 2.8v2.9h-2.9'),
  copy: line('M5.6 5.6h7.8v7.8H5.6z', 'M10.4 3.4V2.6H2.6v7.8h.9'),
  save: lines('M8 2.6v7.5M4.8 7.1L8 10.3l3.2-3.2M2.8 13.4h10.4'),
  info: [{ d: ring(8, 8, 6) }, { d: 'M8 7.4V11' }, dot(8, 5)],
  lost: lines(
    'M2 6.3a8.5 8.5 0 0 1 3-1.9M9 4a8.5 8.5 0 0 1 5 2.3M4.4 8.9a5.2 5.2 0 0 1 2-1.2M8.1 12.3h.01M2.6 2.4l10.9 11.2',
  ),
  report: line('M4 1.9h5.6l3.4 3.4v8.8H4z', 'M9.4 1.9v3.6H13M6.3 8.5h4.4M6.3 11h4.4'),
  folder: lines('M2 3.4h4.2L7.8 5H14v8H2z'),
  side: line('M2 3h12v10H2z', 'M6 3v10'),
} satisfies Record<string, Shape[]>

export type IconName = keyof typeof icons
