import type { Api, Calls, Events, Said } from './api'
import { plain, tidy } from './text'

// The bridge to the bound struct App. Wails, and the bridge of the end-to-end tests, put it and the runtime into the
// window before the page's own script runs.
interface Bound { go?: { main?: { App?: Record<string, (...args: unknown[]) => Promise<unknown>> } } }
interface Runtime { runtime?: { EventsOnMultiple(name: string, hear: (data: unknown) => void, max: number): () => void } }

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

// said makes a Said of whatever a call was refused with.
export function said(e: unknown): Said {
  if (typeof e === 'string' && e.startsWith('{')) {
    try {
      return said(JSON.parse(e))
    } catch {
      return refusal(e)
    }
  }
  if (e && typeof e === 'object' && 'code' in e && 'title' in e) {
    const s = e as Partial<Said>
    return tidy({ code: String(s.code), title: String(s.title), text: String(s.text ?? ''), hint: String(s.hint ?? '') })
  }
  return refusal(e instanceof Error ? e.message : String(e))
}

function refusal(text: string): Said {
  return { code: '', title: 'That did not work', text: plain(text), hint: '' }
}
