import type { Api, Calls, Events, Said } from './api'
import { plain, tidy } from './text'

// The bridge to the bound struct App. Wails, and the bridge of the end-to-end tests, put it and the runtime into the
// window before the page's own script runs.
interface Bound {
  go?: { main?: { App?: Record<string, (...args: unknown[]) => Promise<unknown>> } }
}
interface Runtime {
  runtime?: { EventsOnMultiple(name: string, hear: (data: unknown) => void, max: number): () => void }
}

export function bridge(window: Bound & Runtime): Api {
  const on = <K extends keyof Events>(event: K, hear: (data: Events[K]) => void) =>
    window.runtime?.EventsOnMultiple(event, (data) => hear(data as Events[K]), -1) ?? (() => {})
  return new Proxy({ on } as Api, {
    get(target, name: string) {
      if (name === 'on') return target.on
      return async (...args: unknown[]) => {
        const call = window.go?.main?.App?.[name as keyof Calls]
        if (!call) throw refusal('The program behind the window does not answer.')
        try {
          return await call(...args)
        } catch (e) {
          throw said(e)
        }
      }
    },
  })
}

// said makes a Said of whatever a call was refused with. The program sends one as JSON in a text, of which the web view
// makes an Error.
export function said(e: unknown): Said {
  if (isSaid(e))
    return tidy({
      code: e.code,
      title: String(e.title),
      text: String(e.text ?? ''),
      hint: String(e.hint ?? ''),
    })
  const text = e instanceof Error ? e.message : typeof e === 'object' ? JSON.stringify(e) : String(e)
  if (text.startsWith('{')) {
    try {
      const inner: unknown = JSON.parse(text)
      if (isSaid(inner)) return said(inner)
    } catch {
      // a text that only begins like one
    }
  }
  return refusal(text)
}

function isSaid(e: unknown): e is Said {
  return typeof e === 'object' && e !== null && 'code' in e && 'title' in e
}

function refusal(text: string): Said {
  return { code: 'internal', title: 'That did not work', text: plain(text), hint: '' }
}
