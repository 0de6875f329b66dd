// What the web view of a window gives the page, over HTTP: window.go.main.App and window.runtime. For tests.
(() => {
  const token = new URLSearchParams(location.search).get('token')
  const ears = new Map()
  const source = new EventSource('/e2e/events?token=' + token)
  const open = new Promise((done) => source.addEventListener('open', done, { once: true }))
  source.onmessage = (message) => {
    const { event, data } = JSON.parse(message.data)
    for (const hear of [...(ears.get(event) ?? [])]) hear(data)
  }
  const on = (event, hear) => {
    if (!ears.has(event)) ears.set(event, new Set())
    ears.get(event).add(hear)
    return () => ears.get(event).delete(hear)
  }
  const call = async (method, args) => {
    await open
    const answer = await fetch('/e2e/call?token=' + token, { method: 'POST', body: JSON.stringify({ method, args }) })
    const value = await answer.json()
    if (!answer.ok) throw new Error(value) // as the runtime of a window does with whatever it is given
    return value
  }
  window.go = { main: { App: new Proxy({}, { get: (_, method) => (...args) => call(method, args) }) } }
  window.runtime = {
    EventsOn: on,
    EventsOnMultiple: on,
    EventsOff: (...events) => events.forEach((event) => ears.delete(event)),
  }
})()
