import { recordRefusedKey } from '../exchange/record-refusal.ts';
import { keyAuth } from '../middleware/key-auth.ts';

/** Lets known, active keys through. The refusal of a known one leaves a log row, whatever was asked for. */
export const clientKey = keyAuth(recordRefusedKey);
