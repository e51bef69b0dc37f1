// One manifest source for both browsers.

const EVERYWHERE = {
  matches: ['<all_urls>'],
  run_at: 'document_start',
  all_frames: true,
  match_about_blank: true,
  match_origin_as_fallback: true,
};

const icons = { 16: 'icons/icon-16.png', 32: 'icons/icon-32.png', 48: 'icons/icon-48.png', 128: 'icons/icon-128.png' };

/** The manifest of one browser, `chrome` or `firefox`. */
export function manifest(browser, version) {
  const firefox = browser === 'firefox';
  return {
    manifest_version: 3,
    name: '__MSG_name__',
    short_name: 'Iceveil',
    description: '__MSG_description__',
    version,
    default_locale: 'en',
    icons,
    // README.md says what each one is for.
    permissions: ['storage', 'privacy', 'scripting', firefox ? 'menus' : 'contextMenus'],
    host_permissions: ['<all_urls>'],
    // The bridge comes first: the hooks expect it to be there.
    content_scripts: [
      { ...EVERYWHERE, js: ['bridge.js'] },
      { ...EVERYWHERE, js: ['hooks.js'], world: 'MAIN' },
    ],
    background: firefox
      ? { scripts: ['background.js'], type: 'module' }
      : { service_worker: 'background.js', type: 'module' },
    action: { default_popup: 'popup.html', default_title: '__MSG_name__', default_icon: icons },
    options_ui: { page: 'options.html', open_in_tab: true },
    content_security_policy: {
      extension_pages: "script-src 'self' 'wasm-unsafe-eval'; object-src 'self'",
    },
    commands: {
      _execute_action: {},
      'allow-tab': { description: '__MSG_commandAllowTab__' },
      'block-site': { description: '__MSG_commandBlockSite__' },
      'open-options': { description: '__MSG_commandOpenOptions__' },
    },
    ...(firefox
      ? {
          browser_specific_settings: {
            gecko: {
              id: 'iceveil@iceveil.invalid',
              strict_min_version: '140.0',
              data_collection_permissions: { required: ['none'] },
            },
            gecko_android: { strict_min_version: '142.0' },
          },
        }
      : {
          minimum_chrome_version: '140',
          incognito: 'split',
          storage: { managed_schema: 'managed_schema.json' },
        }),
  };
}
