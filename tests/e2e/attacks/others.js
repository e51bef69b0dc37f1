// Documents that are no pages, other roads of navigation, and where there should be no connections at all.

/** A frame of a blob of this type, looked at all the while. */
const typed = (type) => `async (stage) => {
  const frame = stage.frame(URL.createObjectURL(new Blob(['x'], { type: '${type}' })));
  document.body.append(frame);
  const view = window[0];
  let documents = 0;
  let before = null;
  await stage.poll(() => {
    if (view.document !== before) {
      before = view.document;
      documents += 1;
      stage.check(view, 'document ' + documents);
    }
    return documents > 2;
  }, 250);
  stage.check(view, 'at last');
}`;

/** A frame that has loaded, navigated by \`go(frame, view)\`, and looked at until its next document is there. */
const gone = (go) => `async (stage) => {
  const frame = stage.frame('/page?first');
  frame.name = 'gone';
  document.body.append(frame);
  await stage.loaded(frame);
  const view = window[0];
  const before = view.document;
  await (${go})(frame, view, stage);
  await stage.poll(() => view.document !== before && (stage.check(view, 'on its way'), true), 1500);
  await stage.pause(50);
  stage.check(view, 'there');
}`;

const types = ['text/plain', 'application/json', 'text/css', 'image/png', 'video/mp4', 'audio/mpeg', 'application/pdf',
  'application/xhtml+xml', 'text/xsl', 'text/event-stream', 'multipart/related', 'x/unknown'];

export const others = {
  ...Object.fromEntries(types.map((type) => [`a frame of ${type}`, typed(type)])),
  'a frame gone by a form': gone((frame) => {
    const form = document.createElement('form');
    form.action = '/page';
    form.target = frame.name;
    document.body.append(form);
    form.submit();
  }),
  'a frame gone by a link': gone((frame) => {
    const link = document.createElement('a');
    link.href = '/page?link';
    link.target = frame.name;
    document.body.append(link);
    link.click();
  }),
  'a frame gone by window.open': gone((frame) => void window.open('/page?open', frame.name)),
  'a frame gone by replace': gone((frame, view) => view.location.replace('/page?replace')),
  'a frame gone by reload': gone((frame, view) => view.location.reload()),
  'a frame gone by its src': gone((frame) => (frame.src = '/page?src')),
  'a frame gone by srcdoc': gone((frame) => (frame.srcdoc = '<p>next')),
  'a frame gone by a refresh': gone((frame, view) => {
    const refresh = view.document.createElement('meta');
    refresh.httpEquiv = 'refresh';
    refresh.content = '0;url=/page?refresh';
    view.document.head.append(refresh);
  }),
  'a frame gone by navigate()': gone((frame, view) => {
    if (view.navigation) view.navigation.navigate('/page?navigate');
    else view.location = '/page?navigate';
  }),
  'a frame gone to a blob': gone((frame, view) => (view.location = URL.createObjectURL(new Blob(['<p>x'], { type: 'text/html' })))),
  'a frame gone to about:blank': gone((frame, view) => (view.location = 'about:blank')),
  'a frame gone to a javascript: address': gone((frame, view) => (view.location = 'javascript:"<p>next"')),
  'a frame gone back': gone(async (frame, view, stage) => {
    await stage.pause(100); // else it replaces the first
    view.location = '/page?second';
    await stage.loaded(frame);
    view.history.back();
  }),
  'a frame that may not be framed': async (stage) => {
    document.body.append(stage.frame('/refused'));
    const view = window[0];
    await stage.poll(() => {
      stage.check(view); // throws once the browser's own page is there, of another origin
      return stage.got.some((one) => one !== 'seen');
    }, 300);
  },
  'frames within a sandbox without scripts': async (stage) => {
    const frame = document.createElement('iframe');
    frame.sandbox = 'allow-same-origin';
    frame.srcdoc = `${stage.html()}<iframe sandbox="allow-same-origin" srcdoc="<p>x"></iframe>`;
    document.body.append(frame);
    stage.check(frame.contentWindow, 'at once');
    await stage.loaded(frame);
    stage.check(frame.contentWindow, 'loaded');
    stage.look('inside', frame.contentWindow);
    frame.contentDocument.body.append(stage.frame());
    stage.look('later', frame.contentWindow);
  },
  'a frameset in XHTML': async (stage) => {
    const text = `<html xmlns="http://www.w3.org/1999/xhtml"><frameset><frame src="${stage.address()}"/><frame src="${location.origin}/page"/></frameset></html>`;
    const frame = stage.frame(URL.createObjectURL(new Blob([text], { type: 'application/xhtml+xml' })));
    document.body.append(frame);
    await stage.poll(() => frame.contentWindow.length === 2 && (stage.look('at once', frame.contentWindow), true), 30_000);
    await stage.pause(100);
    stage.look('later', frame.contentWindow);
  },
  'popups of odd addresses': async (stage) => {
    for (const address of ['javascript:"<p>x"', 'about:srcdoc', 'about:blank?x', '/204', URL.createObjectURL(new Blob(['x'], { type: 'text/plain' }))]) {
      const view = window.open(address);
      if (!view) continue;
      stage.check(view, address);
      await stage.pause(60);
      try {
        stage.check(view, `${address} later`);
      } catch {
        // The browser's own page, of another origin.
      }
      view.close();
    }
    stage.got.push('seen');
  },
  'workers have no connections': async (stage) => {
    const text = 'const tell = (to) => to.postMessage(Object.getOwnPropertyNames(self).filter((name) => /PeerConnection|IceTransport/.test(name)).join()); self.onconnect = (event) => tell(event.ports[0]); self.onmessage = () => tell(self)';
    const address = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
    const worker = new window.Worker(address);
    worker.postMessage(0);
    const shared = new window.SharedWorker(address);
    for (const port of [worker, shared.port]) {
      const names = await new Promise((resolve) => (port.onmessage = ({ data }) => resolve(data)));
      stage.got.push(names === '' ? 'seen' : `LEAK ${names}`);
    }
  },
};
