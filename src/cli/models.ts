import { describeModel as describe, type describeModel } from '../catalog/describe.ts';
