namespace Runner.Persistence.Postgres.Cluster;

/// <summary>How a node of a cluster keeps its leases in the database.</summary>
public sealed record ClusterKeeperOptions
{
    /// <summary>
    /// For how long others leave a lease to its owner after it was last renewed, by the database's clock; from 1 s. All nodes of a cluster have the
    /// same. The owner itself counts a lease as lost after nine tenths of it.
    /// </summary>
    public TimeSpan LeaseTtl { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How often leases are renewed; at most a third of <see cref="LeaseTtl"/>.</summary>
    public TimeSpan RenewEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// After how long the database counts as away that does not answer. With <see cref="RenewEvery"/> less than nine tenths of
    /// <see cref="LeaseTtl"/>, so that one answer that is lost costs no lease.
    /// </summary>
    public TimeSpan OperationTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Where the time that has passed here is read; what the database keeps is measured by its own clock.</summary>
#pragma warning disable RS0030 // A lease is against real time: it is the database's. Tests give another.
    public TimeProvider Time { get; init; } = TimeProvider.System;
#pragma warning restore RS0030

    /// <exception cref="ArgumentException">They do not fit together. The message says which, and what they have to be.</exception>
    public void Check()
    {
        if (LeaseTtl < TimeSpan.FromSeconds(1) || LeaseTtl > TimeSpan.FromMinutes(10))
        {
            throw new ArgumentException($"A lease of {LeaseTtl.TotalSeconds} s cannot be kept: give it from 1 s to 10 minutes.");
        }

        if (RenewEvery < TimeSpan.FromMilliseconds(50) || RenewEvery * 3 > LeaseTtl)
        {
            throw new ArgumentException($"Leases of {LeaseTtl.TotalSeconds} s cannot be renewed every {RenewEvery.TotalSeconds} s: "
                + "give from 0.05 s to a third of the lease.");
        }

        if (OperationTimeout < TimeSpan.FromMilliseconds(200) || OperationTimeout + RenewEvery >= LeaseTtl * 0.9)
        {
            throw new ArgumentException($"The database cannot be given {OperationTimeout.TotalSeconds} s to answer: give from 0.2 s, and together "
                + $"with what lies between two renewals ({RenewEvery.TotalSeconds} s) less than nine tenths of the lease "
                + $"({LeaseTtl.TotalSeconds} s).");
        }
    }
}
