import { copyScript } from './copy-script.ts';
import { sendOnceScript } from './send-once-script.ts';
import { style } from './style.ts';
import { timeScript } from './time-script.ts';
import { tryScript } from './try-script.ts';

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20" fill="none" stroke="#4a6fd0" stroke-width="2" stroke-linecap="round"><path d="M2 10h5M7 10c5 0 4-7 11-7M7 10h11M7 10c5 0 4 7 11 7"/></svg>';

/** A short text that changes with a file: browsers may then keep what they have for good (FNV-1a, 32 bit). */
function version(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}

/** The files that pages load, by path. */
export const files: Readonly<Record<string, { type: string; text: string }>> = {
  '/assets/style.css': { type: 'text/css; charset=utf-8', text: style },
  '/assets/copy.js': { type: 'text/javascript; charset=utf-8', text: copyScript },
  '/assets/send-once.js': { type: 'text/javascript; charset=utf-8', text: sendOnceScript },
  '/assets/time.js': { type: 'text/javascript; charset=utf-8', text: timeScript },
  '/assets/try.js': { type: 'text/javascript; charset=utf-8', text: tryScript },
  '/assets/icon.svg': { type: 'image/svg+xml', text: ICON },
};

function versioned(path: string): string {
  return `${path}?v=${version(files[path]?.text ?? '')}`;
}

/** Their addresses with a version. */
export const assets = {
  style: versioned('/assets/style.css'),
  copyScript: versioned('/assets/copy.js'),
  sendOnceScript: versioned('/assets/send-once.js'),
  timeScript: versioned('/assets/time.js'),
  tryScript: versioned('/assets/try.js'),
  icon: versioned('/assets/icon.svg'),
};
