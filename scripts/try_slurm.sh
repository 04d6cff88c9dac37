#!/usr/bin/env bash
# try_slurm.sh SWEEP [LOG]: runs docs/deploy/sweep.sbatch under a Slurm of its own on this machine, and compares what its tasks
# leave with one run of the program SWEEP. Needs root, and slurmctld, slurmd, slurm-client and munge from apt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program=$(realpath "${1:?the program sweep}")
log=${2:-/dev/stdout}
work=$(mktemp -d)
host=$(hostname -s)
stop() {
    if [ $? != 0 ]; then cat "$work"/*.log >&2; fi
    for daemon in slurmd slurmctld; do
        if [ -f "$work/$daemon.pid" ]; then kill "$(cat "$work/$daemon.pid")" 2>/dev/null || true; fi
    done
    sleep 1
    rm -rf "$work"
}
trap stop EXIT

# The password daemon of the system, started unless it runs.
install -d -m 755 -o munge /run/munge
munge -n >/dev/null 2>&1 || runuser -u munge -- /usr/sbin/munged

mkdir "$work/state" "$work/spool"
cat >"$work/slurm.conf" <<EOF
ClusterName=one
SlurmctldHost=$host
SlurmUser=root
AuthType=auth/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
NodeName=$host CPUs=$(nproc) RealMemory=4000
PartitionName=all Nodes=$host Default=YES State=UP
EOF
export SLURM_CONF="$work/slurm.conf" MANTIS_SWEEP="$program"
slurmctld
slurmd -N "$host"
for _ in $(seq 30); do
    [ "$(sinfo --noheader --format=%T 2>/dev/null)" != idle ] || break
    sleep 1
done

cat >"$work/space.toml" <<'EOF'
lstm.hidden = [8, 16]
training.learning_rate = [0.003, 0.001]
EOF
cat >"$work/small.toml" <<'EOF'
lstm.dense = [8, 4]
training.epochs = 2
plan.columns = ["ret_1", "ret_2", "ret_3", "rsi_14", "close_location", "hl_spread", "sma_ratio_20", "bb_pctb_20"]
selector.n = 4
EOF
flags=(--ticker BTC --data-dir fixtures/data --space "$work/space.toml" --config "$work/small.toml")
{
    echo "# docs/deploy/sweep.sbatch under Slurm on one machine, by scripts/try_slurm.sh"
    sinfo --version
    for method in grid halving; do
        # A rung is run once the one before is whole, so an array for each of them.
        rounds=1
        if [ $method = halving ]; then rounds=2; fi
        for round in $(seq $rounds); do
            echo "== $method, array $round"
            more=(--method "$method" --out "$work/$method")
            if [ $method = halving ]; then more+=(--factor 2); fi
            sbatch --wait --chdir="$PWD" --array=1-2 --cpus-per-task=1 --mem=1500M --output="$work/$method-$round-%a.log" \
                docs/deploy/sweep.sbatch "${flags[@]}" "${more[@]}"
            for task in 1 2; do
                echo "-- task $task"
                cat "$work/$method-$round-$task.log"
            done
        done
        echo "== $method, whole"
        "$program" --quiet "${flags[@]}" "${more[@]:0:2}" "${more[@]:4}" --out "$work/$method-whole"
        diff -r "$work/$method" "$work/$method-whole"
        echo "== $method: the files of both are the same, byte for byte"
    done
} >"$log"
