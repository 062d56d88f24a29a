using Runner.Actors;
using Runner.Actors.Nodes;
using Runner.Actors.Processes;
using Runner.Simulation.Runtime;

namespace Runner.Simulation.Cluster;

/// <summary>
/// The program of a node of a cluster from its start until it is killed or has stopped: what the host does around the node's lives. It renews their
/// leases, ends a life that the cluster has parted with, and begins another. The flow runner is the program's, and outlives them.
/// </summary>
internal sealed class NodeProgram
{
    /// <summary>A lease is lost to its owner before it is to others.</summary>
    private static readonly TimeSpan Deadline = SimulatedCluster.LeaseTtl * 0.9;

    /// <summary>How long a node alone may not reach the database before it makes way.</summary>
    private static readonly TimeSpan AloneAtMost = SimulatedCluster.LeaseTtl + TimeSpan.FromSeconds(1);

    /// <summary>What a lease has left at least when time goes on for it again.</summary>
    private static readonly TimeSpan Left = SimulatedCluster.LeaseTtl * 0.4;

    private readonly SimulatedCluster _cluster;
    private readonly SimulatedRandom _random;
    private readonly List<ClusterLife> _lives = [];
    private IsolatedPrograms? _isolated;
    private TimeSpan? _awaySince;
    private TimeSpan _sentAt;
    private TimeSpan? _lostAt;
    private bool _watchesDeadline;

    public NodeProgram(World world, SimulatedCluster cluster, Machine machine, SimulatedRandom random)
    {
        (World, _cluster, Machine, _random) = (world, cluster, machine, random);
        Process = world.NewNode(() => machine.ClockOffset);
        FlowRunner = new ClusterFlowRunner(machine.Processes, Process) { MayStart = HoldsLeases };
        Store = new SimulatedStore(world.Store, Process, new StoreLink(cluster.Network, machine));
        Settings = new NodeSettings(machine.Name, machine.Size, _ => [])
        {
            StoreIsShared = true, Labels = machine.Labels, SeesStore = () => _awaySince is null,
            HoldsLeases = HoldsLeases,
            Retention = world.Kept with { Output = new SimulatedRunOutput(machine.Processes) },
        };
        _sentAt = RenewedAt = world.Elapsed;
        BeginLife();
        Tick();
    }

    public World World { get; }

    public Machine Machine { get; }

    /// <summary>What runs of it beside its actors.</summary>
    public SimulatedNode Process { get; }

    public ClusterFlowRunner FlowRunner { get; }

    public SimulatedStore Store { get; }

    public NodeSettings Settings { get; }

    /// <summary>The life that it is in; null while one has ended and none has begun.</summary>
    public ClusterLife? Life { get; private set; }

    /// <summary>When its leases were renewed last, by the database's clock.</summary>
    public TimeSpan RenewedAt { get; private set; }

    /// <summary>Since when the database has answered each time; null if it does not.</summary>
    public TimeSpan? AnsweringSince { get; private set; }

    /// <summary>A stop has begun.</summary>
    public bool Stopping { get; private set; }

    public bool ReachesDatabase => !World.Store.IsAway && _cluster.Network.ReachesDatabase(Machine) && Process is { Alive: true, Paused: false };

    /// <summary>Whether it takes requests.</summary>
    public bool Serves => !Stopping && Process is { Alive: true, Paused: false } && Life is { IsUp: true, Ends: false };

    /// <summary>The cluster has parted with a life of it, and it has noticed.</summary>
    public void Parted(ClusterLife life, string why)
    {
        if (Life != life || Stopping || !Process.Alive)
        {
            return;
        }

        World.Note($"{life.Text}: is no member any more, {why}");
        World.Liveness.Disturbed();
        Isolate(life);
        Life = null;
        _cluster.DownsItself(life);
        Process.Schedule(Soon(_random.Next(3) == 0 ? 2000 : 100), () => _ = BeginAnewAsync(life));
    }

    /// <summary>Stands still for a time.</summary>
    public void Pause(TimeSpan duration)
    {
        if (Process.Paused || !Process.Alive)
        {
            return;
        }

        World.Note($"{Machine.Name}: stands still for {duration}");
        World.Statistics.Pauses++;
        Process.Pause();
        _lives.ForEach(life => life.Turns.Pause());
        World.Schedule(duration, Resume);
    }

    public void Resume()
    {
        if (!Process.Paused)
        {
            return;
        }

        World.Note($"{Machine.Name}: goes on");
        World.Liveness.Disturbed();
        Process.Resume();
        _lives.ForEach(life => life.Turns.Resume());
        if (Life is { } life && World.Elapsed - _sentAt > Deadline)
        {
            Process.Schedule(Soon(150), () => LookAtDeadline(life));
        }

        if (Life is { IsUp: true } member && !_cluster.IsMember(member))
        {
            // Others tell it, or it finds that it is alone.
            var notices = _cluster.MeetsAnyMember(member) ? Soon(3000) : TimeSpan.FromSeconds(5) + Soon(4000);
            Process.Schedule(notices, () => Parted(member, "others have parted with it"));
        }
    }

    /// <summary>
    /// Is gone at once. Programs of deployments that are not to wait for their node go with it, as in a container; all do with the machine.
    /// </summary>
    public void Kill(TimeSpan downFor, bool withMachine)
    {
        if (Machine.Program != this)
        {
            return;
        }

        World.Note($"{Machine.Name}: {(withMachine ? "its machine is restarted" : "killed")}");
        World.Statistics.Kills++;
        Gone(downFor);
        if (withMachine)
        {
            Machine.Processes.Reboot();
        }
        else
        {
            Machine.Processes.KillThoseThatGoWithTheirNode();
        }

        if (Life is { } life)
        {
            _cluster.Killed(life, withMachine);
        }
    }

    /// <summary>Stops in order, and starts again later; is killed if that takes too long.</summary>
    public async Task StopAsync(TimeSpan downFor)
    {
        if (Stopping || Machine.Program != this)
        {
            return;
        }

        Stopping = true;
        World.Note($"{Machine.Name}: asked to stop");
        World.Schedule(TimeSpan.FromSeconds(90), () => Kill(downFor, withMachine: false));
        if (Life is { IsUp: true, Ends: false } life)
        {
            life.Leaves();
            await life.Node.StopAsync(StopMode.Graceful).ConfigureAwait(false);
        }
        else
        {
            await (Life?.EndAsync() ?? Task.CompletedTask).ConfigureAwait(false);
            await (_isolated?.EndAllAsync() ?? Task.CompletedTask).ConfigureAwait(false);
            FlowRunner.KillAll();
        }

        if (Machine.Program == this)
        {
            World.Note($"{Machine.Name}: stopped");
            World.Statistics.Stops++;
            Gone(downFor);
        }
    }

    private void Gone(TimeSpan downFor)
    {
        Machine.Program = null;
        Process.Kill();
        _lives.ForEach(life => life.Kill());
        World.Ledger.NodeEnded(Machine.Name);
        World.Liveness.Disturbed();
        World.Schedule(downFor, () =>
        {
            if (!Machine.StaysDown)
            {
                _cluster.Start(Machine);
            }
        });
    }

    private void Isolate(ClusterLife life)
    {
        if (World.IsolatedProgramsGoOn)
        {
            return;
        }

        _isolated ??= life.Node.Isolate();
    }

    private async Task BeginAnewAsync(ClusterLife former)
    {
        await former.EndAsync().ConfigureAwait(false);
        _lives.Remove(former);
        if (!Stopping)
        {
            Process.Schedule(TimeSpan.FromMilliseconds(200) + Soon(1000), BeginLife);
        }
    }

    private void BeginLife()
    {
        if (Stopping)
        {
            return;
        }

        var life = _cluster.NewLife(this);
        _lives.Add(life);
        Life = life;
        TryJoin(life);
    }

    private void TryJoin(ClusterLife life) => Process.Schedule(TimeSpan.FromMilliseconds(100) + Soon(900), () =>
    {
        if (Life == life && !Stopping)
        {
            if (_cluster.TryJoin(life))
            {
                ComesUp(life);
            }
            else
            {
                TryJoin(life);
            }
        }
    });

    private void ComesUp(ClusterLife life) => Process.Schedule(Soon(200), () =>
    {
        if (Life != life)
        {
            return;
        }

        if (life.IsUp)
        {
            if (_isolated is { } isolated)
            {
                life.Node.TakeBack(isolated);
                _isolated = null;
            }
        }
        else if (!_cluster.IsMember(life))
        {
            // The others have parted with it before it knew that it had come.
            Parted(life, "it could not join");
        }
        else
        {
            ComesUp(life);
        }
    });

    /// <summary>Renews the leases, about every second.</summary>
    private void Tick()
    {
        var now = World.Elapsed;
        if (Life is { } life)
        {
            LookAtDeadline(life);
        }

        if (ReachesDatabase)
        {
            (RenewedAt, _sentAt, _awaySince) = (now, now, null);
            AnsweringSince ??= now;
        }
        else
        {
            AnsweringSince = null;
            _awaySince ??= now;
            WatchDeadline();
            if (Life is { IsUp: true } alone && now - _awaySince > AloneAtMost && !alone.Node.MostSeeStoreAway)
            {
                Parted(alone, "it alone does not reach the database");
            }
        }

        if (Settings.Drain.Done.IsCompleted && !Stopping)
        {
            World.Note($"{Machine.Name}: is drained");
            World.Statistics.Drained++;
            _ = StopAsync(TimeSpan.FromSeconds(1 + _random.Next(60)));
        }

        Process.Schedule(TimeSpan.FromMilliseconds(900 + _random.Next(200)), Tick);
    }

    private void WatchDeadline()
    {
        if (!_watchesDeadline)
        {
            _watchesDeadline = true;
            var left = _sentAt + Deadline - World.Elapsed;
            Process.Schedule((left > TimeSpan.Zero ? left : TimeSpan.Zero) + Soon(100), () =>
            {
                _watchesDeadline = false;
                if (Life is { } life)
                {
                    LookAtDeadline(life);
                }

                if (_awaySince is not null)
                {
                    WatchDeadline();
                }
            });
        }
    }

    private bool HoldsLeases() => !IsOverdue && !(World.Elapsed - _lostAt < Deadline);

    private bool IsOverdue => World.Elapsed - _sentAt >= Deadline;

    private void LookAtDeadline(ClusterLife life)
    {
        if (!IsOverdue || Life != life)
        {
            return;
        }

        if (_awaySince is not null && life.Node.MostSeeStoreAway)
        {
            // It is the database that is away: time stands.
            _sentAt = World.Elapsed - Deadline + Left;
            return;
        }

        _sentAt = World.Elapsed;
        _lostAt = World.Elapsed;
        World.Note($"{life.Text}: its leases are lost");
        World.Statistics.LeasesLost++;
        _cluster.LeasesLost(life);
        life.Router.LeasesLost();
    }

    private TimeSpan Soon(int milliseconds) => TimeSpan.FromTicks(1 + (_random.Next(milliseconds) * TimeSpan.TicksPerMillisecond));
}

/// <summary>The way between a machine and the database.</summary>
internal sealed record StoreLink(SimulatedNetwork Network, Machine Machine);
