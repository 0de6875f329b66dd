import { expect, test } from 'vitest'
import type { Api } from '../src/shared/api'
import { Adding } from '../src/profiles/add.svelte'

test('what is pasted as a host goes into its fields', () => {
  const taken = (text: string) => {
    const a = new Adding({ on: () => () => {} } as unknown as Api)
    a.form.host = text
    a.split()
    return [a.form.user, a.form.host, a.form.port]
  }
  expect(taken(' nas ')).toEqual(['root', 'nas', 22])
  expect(taken('nas.lan:2222')).toEqual(['root', 'nas.lan', 2222])
  expect(taken('admin@nas')).toEqual(['admin', 'nas', 22])
  expect(taken('ssh://admin@nas:2222/')).toEqual(['admin', 'nas', 2222])
  expect(taken('[::1]')).toEqual(['root', '::1', 22])
  expect(taken('admin@[fd00::20]:2222')).toEqual(['admin', 'fd00::20', 2222])
  expect(taken('fd00::20')).toEqual(['root', 'fd00::20', 22])
  expect(taken('nas/share')).toEqual(['root', 'nas/share', 22])
  expect(taken('me:secret@nas')).toEqual(['root', 'me:secret@nas', 22])
})
