using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Coordination;
using Runner.Entities.Store;
using Runner.Host.Configuration;
using Runner.Persistence.Postgres.Cluster;

namespace Runner.Host.Cluster;

/// <summary>What a system of a cluster's node is made with, for what Akka.NET makes by itself.</summary>
internal sealed class ClusterSetup(ClusterKeeper keeper) : Setup
{
    public ClusterKeeper Keeper => keeper;
}

/// <summary>
/// A lease of Akka.NET's as a row of the database: what lets one half of a parted cluster go on, and a singleton or a shard be in one place. The
/// owner is this life of the node. Akka.NET makes it by the name that stands in <c>hocon/akka-cluster.conf</c>.
/// </summary>
internal sealed class DatabaseLease : Lease
{
    private readonly ActorSystem _system;
    private readonly ClusterKeeper _keeper;

    [SuppressMessage("Design", "CA1062", Justification = "Akka.Coordination calls it.")]
    public DatabaseLease(LeaseSettings settings, ExtendedActorSystem system)
        : base(settings) => (_system, _keeper) = (system, system.Settings.Setup.Get<ClusterSetup>().Value.Keeper);

    /// <summary>How Akka.NET names the leases of shards.</summary>
    private string ShardPrefix => $"{_system.Name}-shard-";

    /// <summary>Not before the system has an address.</summary>
    private string Owner => ClusterAddress.OwnerOf(_system);

    public override Task<bool> Acquire() => Acquire(static _ => { });

    /// <summary>A database that does not answer has not given it; the keeper's log says that it is away.</summary>
    public override async Task<bool> Acquire(Action<Exception> leaseLostCallback)
    {
        try
        {
            return await _keeper.AcquireAsync(Settings.LeaseName, Owner, leaseLostCallback!).ConfigureAwait(false);
        }
        catch (StoreException)
        {
            return false;
        }
    }

    /// <summary>
    /// A shard that ends waits for this in a thread of all actors', and a node that leaves has dozens of shards: it does not wait for the database
    /// then. Whoever is to have the shard next asks until the lease is free.
    /// </summary>
    public override Task<bool> Release()
    {
        var released = ReleaseAsync();
        return Settings.LeaseName.StartsWith(ShardPrefix, StringComparison.Ordinal) ? Task.FromResult(true) : released;
    }

    private async Task<bool> ReleaseAsync()
    {
        try
        {
            await _keeper.ReleaseAsync(Settings.LeaseName, Owner).ConfigureAwait(false);
            return true;
        }
        catch (StoreException)
        {
            // Then it runs out.
            return false;
        }
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
            return new ClusterKeeperOptions
            {
                LeaseTtl = lease.GetTimeSpan("heartbeat-timeout"), RenewEvery = lease.GetTimeSpan("heartbeat-interval"),
                OperationTimeout = lease.GetTimeSpan("lease-operation-timeout"), Time = time,
            };
        }
        catch (FormatException e)
        {
            throw new NodeStartException($"A time of {Path} is none ({e.Message.TrimEnd('.')}). See hocon/cluster.conf.", e);
        }
    }
}
