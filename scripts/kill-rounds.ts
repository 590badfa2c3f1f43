/**
 * All rounds of `test/faults/kill-rounds.test.ts`: kills the server during puts, deletions, key rotations and shredding.
 *
 *     npx node scripts/kill-rounds.ts [rounds, 1000 unless told]
 */
import { killRounds } from '../test/faults/kill-rounds.ts';

const report = await killRounds(Number(process.argv[2] ?? 1000), (line) => console.log(line));
console.log(JSON.stringify(report, null, 2));
process.exitCode = report.faults.length === 0 ? 0 : 1;
