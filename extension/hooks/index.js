// Main world, document_start, every frame: puts the guard between the page and WebRTC.
import { guardCandidates } from './candidate.js';
import { guardConnections } from './connection.js';
import { guardDescriptions } from './description.js';
import { guardToString, guardTraces } from './disguise.js';
import { guardBeside } from './moments.js';
import { guardRealms } from './realms.js';
import { guardStatistics } from './statistics.js';
import { guardTransports } from './transport.js';

function guardRealm(win) {
  guardToString(win);
  guardTraces(win);
  guardConnections(win);
  guardCandidates(win);
  guardDescriptions(win);
  guardStatistics(win);
  guardTransports(win);
  guardRealms(win, guardRealm);
}

guardRealm(window);
guardBeside();
