using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Coordination;
using Runner.Entities.Store;
using Runner.Host.Configuration;
using Runner.Persistence.Postgres.Cluster;

namespace Runner.Host.Cluster;

/// <summary>What a system of a cluster's node is made with, for what Akka.NET makes by itself.</summary>
internal sealed class ClusterSetup(ClusterKeeper keeper, TimeProvider time) : Setup
{
    public ClusterKeeper Keeper => keeper;

    public TimeProvider Time => time;
}

/// <summary>
/// A lease of Akka.NET's as a row of the database: what lets one half of a parted cluster go on, and a singleton or a shard be in one place. The
/// owner is this life of the node. Akka.NET makes it by the name that stands in <c>hocon/akka-cluster.conf</c>.
/// </summary>
internal sealed class DatabaseLease : Lease
{
    private static readonly TimeSpan TryAgain = TimeSpan.FromMilliseconds(250);

    private readonly ActorSystem _system;
    private readonly ClusterKeeper _keeper;
    private readonly TimeProvider _time;

    /// <summary>For how long another member of the same half may keep it after its last decision; null where it is not for decisions.</summary>
    private readonly TimeSpan? _keptFor;

    [SuppressMessage("Design", "CA1062", Justification = "Akka.Coordination calls it.")]
    public DatabaseLease(LeaseSettings settings, ExtendedActorSystem system)
        : base(settings)
    {
        var setup = system.Settings.Setup.Get<ClusterSetup>().Value;
        (_system, _keeper, _time) = (system, setup.Keeper, setup.Time);
        var majority = system.Settings.Config.GetConfig("akka.cluster.split-brain-resolver.lease-majority");
        var name = majority?.GetString("lease-name");
        _keptFor = settings.LeaseName == (string.IsNullOrWhiteSpace(name) ? $"{system.Name}-akka-sbr" : name)
            ? majority!.GetTimeSpan("release-after") : null;
    }

    /// <summary>Not before the system has an address.</summary>
    private string Owner => ClusterAddress.OwnerOf(_system);

    public override Task<bool> Acquire() => Acquire(static _ => { });

    /// <summary>
    /// A database that does not answer has not given it; the keeper's log says that it is away. That of the split brain resolver is waited for where
    /// a member has it that this one reaches, as after a decision a moment ago: Akka.NET takes a refusal for the other half's going on, and this
    /// half, which is the same, would end with all its members. Where it is not given back within some 5 s they do: down-all-when-unstable.
    /// </summary>
    public override async Task<bool> Acquire(Action<Exception> leaseLostCallback)
    {
        var began = _time.GetTimestamp();
        try
        {
            while (!await _keeper.AcquireAsync(Settings.LeaseName, Owner, leaseLostCallback!).ConfigureAwait(false))
            {
                if (!(_time.GetElapsedTime(began) < 2 * _keptFor) || !await IsOfThisHalfAsync().ConfigureAwait(false))
                {
                    return false;
                }

                await Task.Delay(TryAgain, _time).ConfigureAwait(false);
            }

            return true;
        }
        catch (StoreException)
        {
            return false;
        }
    }

    /// <summary>Whether the owner is a member that this node reaches; also where it has been given back just now.</summary>
    private async Task<bool> IsOfThisHalfAsync()
    {
        var owner = await _keeper.OwnerAsync(Settings.LeaseName).ConfigureAwait(false);
        var state = Akka.Cluster.Cluster.Get(_system).State;
        return owner is null || state.Members.Except(state.Unreachable).Any(member => ClusterAddress.OwnerOf(member.UniqueAddress) == owner);
    }

    /// <summary>
    /// Not waited for: a shard of Akka.NET's that stops waits for it on the thread that it has, and all of a node's stop at once. What the database
    /// does not hear of runs out.
    /// </summary>
    public override Task<bool> Release()
    {
        _ = _keeper.ReleaseAsync(Settings.LeaseName, Owner);
        return Task.FromResult(true);
    }

    public override bool CheckLease() => _keeper.Holds(Settings.LeaseName, Owner);
}

/// <summary>How long leases hold, as Akka.NET's settings say it.</summary>
internal static class LeaseTimes
{
    private const string Path = "akka.coordination.lease.database";

    /// <exception cref="NodeStartException">One of them is no time.</exception>
    public static ClusterKeeperOptions Of(AkkaSettings settings, TimeProvider time)
    {
        var lease = settings.ToConfig().GetConfig(Path);
        try
        {
            var times = new ClusterKeeperOptions
            {
                LeaseTtl = lease.GetTimeSpan("heartbeat-timeout"), RenewEvery = lease.GetTimeSpan("heartbeat-interval"),
                OperationTimeout = lease.GetTimeSpan("lease-operation-timeout"), Time = time,
            };
            times.Check();
            return times;
        }
        catch (ArgumentException e)
        {
            throw new NodeStartException(
                $"{Path} (heartbeat-timeout, heartbeat-interval, lease-operation-timeout): {e.Message} See hocon/cluster.conf.", e);
        }
        catch (FormatException e)
        {
            throw new NodeStartException($"A time of {Path} is none ({e.Message.TrimEnd('.')}). See hocon/cluster.conf.", e);
        }
    }
}
