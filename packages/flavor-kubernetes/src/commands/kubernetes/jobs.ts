import { Args, Flags } from '@oclif/core';
import { ClusterCommand } from '../../command/cluster-command.ts';
import type { RunJob } from '../../command/list-run-jobs.ts';
import { listRunJobs } from '../../command/list-run-jobs.ts';

export default class KubernetesJobs extends ClusterCommand {
  static override summary = 'List the Jobs of runs on the cluster';
  static override description =
    'Shows what runs of any project have in the namespace: each Job with its state, and what it waits for or why it failed. What is done stays until its run ends or another step needs its place.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> digits-20260131-174502',
  ];
  static override args = {
    run: Args.string({ name: 'run', description: 'Id or name of a run; without it, all runs' }),
  };
  static override flags = {
    all: Flags.boolean({ char: 'a', summary: 'Show what has no pods, too: holders of credentials, probes of doctor' }),
  };

  async run() {
    const { args, flags } = await this.parse(KubernetesJobs);
    return await this.withClusters(flags, async (clusters) => {
      const listed = await Promise.all(clusters.map(listRunJobs));
      const jobs = [...new Map(listed.flat().map((job) => [`${job.namespace}/${job.job}`, job])).values()]
        .filter(({ role }) => flags.all || role === 'step')
        .filter(({ run, runId }) => args.run === undefined || args.run === run || args.run === runId);
      this.log(jobs.length === 0 ? 'There are no Jobs of runs.' : formatJobs(jobs));
      return { jobs };
    });
  }
}

const columns: readonly (readonly [title: string, value: (job: RunJob) => string])[] = [
  ['RUN', ({ run }) => run],
  ['STEP', ({ step, role }) => (step === '' ? role : step)],
  ['ATTEMPT', ({ attempt }) => (attempt === 0 ? '' : String(attempt))],
  ['STATE', ({ state }) => state],
  ['AGE', ({ createdAt }) => formatAge(Date.now() - Date.parse(createdAt))],
  ['NODE', ({ node }) => node],
  ['JOB', ({ job }) => job],
  ['REASON', ({ reason }) => reason.replaceAll(/\s+/g, ' ')],
];

function formatJobs(jobs: readonly RunJob[]): string {
  const rows = [columns.map(([title]) => title), ...jobs.map((job) => columns.map(([, value]) => value(job)))];
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((text, index) => text.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
