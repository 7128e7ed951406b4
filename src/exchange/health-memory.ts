import { type HealthFailure, newHealth, noteFailure, noteSuccess, noteTry } from '../providers/health.ts';
import type { Incoming } from './incoming.ts';

const health = newHealth();
export const isolateHealth = () => health;
export function tryBegins(provider: string): void {
  noteTry(health, provider, Date.now());
}
export function trySucceeded(provider: string, label: string): void {
  noteSuccess(health, provider, label, Date.now());
}
export function tryFailed(
  _place: Pick<Incoming, 'env' | 'runAfter'>,
  provider: string,
  label: string,
  failure: HealthFailure,
): void {
  noteFailure(health, provider, label, failure, Date.now());
}
