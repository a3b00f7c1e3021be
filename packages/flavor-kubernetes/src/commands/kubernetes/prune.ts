import { Flags } from '@oclif/core';
import { ClusterCommand } from '../../command/cluster-command.ts';
import { findLeftovers, removeJobs } from '../../command/find-leftovers.ts';

export default class KubernetesPrune extends ClusterCommand {
  static override summary = 'Remove what dead runs left on the cluster';
  static override description =
    "Removes Jobs, with their pods and credentials, of runs whose end is recorded. A run that may yet be resumed keeps all it has, and so do other projects' runs.";
  static override flags = {
    'dry-run': Flags.boolean({ summary: 'Only tell what would be removed' }),
    yes: Flags.boolean({ summary: 'Do not ask' }),
  };

  async run() {
    const { flags } = await this.parse(KubernetesPrune);
    return await this.withClusters(flags, async (clusters, stack) => {
      const metadataStore = await stack.component('metadata-store');
      const found = await Promise.all(
        clusters.map(async (cluster) => ({ cluster, ...(await findLeftovers(cluster, metadataStore)) })),
      );
      const jobs = found.flatMap((one) => one.jobs);
      const kept = found.flatMap((one) => one.kept);
      for (const { run, jobs: count, reason } of kept) this.log(`${run}: ${countJobs(count)} stay: ${reason}.`);
      const runs = new Set(jobs.map(({ run }) => run)).size;
      const what = `${countJobs(jobs.length)} of ${runs} run${runs === 1 ? '' : 's'}`;
      if (jobs.length === 0) this.log('There is nothing to remove.');
      else if (flags['dry-run']) this.log(`Would remove ${what}.`);
      else {
        await this.agree(`Remove ${what}?`, flags.yes);
        for (const one of found) await removeJobs(one.cluster, one.jobs);
        this.log(`✔ Removed ${what}.`);
      }
      return { pruned: { dryRun: flags['dry-run'], jobs, kept } };
    });
  }
}

function countJobs(count: number): string {
  return `${count} Job${count === 1 ? '' : 's'}`;
}
