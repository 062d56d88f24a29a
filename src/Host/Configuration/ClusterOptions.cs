namespace Runner.Host.Configuration;

/// <summary>How a node finds the others of its cluster.</summary>
internal enum ClusterJoin
{
    /// <summary>It is on its own.</summary>
    None,

    /// <summary>By the rows that the nodes keep in their database.</summary>
    Database,

    /// <summary>By <c>akka.cluster.seed-nodes</c>.</summary>
    SeedNodes,

    /// <summary>By the pods that Kubernetes' API lists.</summary>
    Kubernetes,
}

/// <summary>How a node is part of a cluster.</summary>
/// <param name="Host">The name by which the others reach it; null for the machine's.</param>
/// <param name="Port">0 takes a free one.</param>
/// <param name="BindHost">What it listens on; null for <paramref name="Host"/>.</param>
/// <param name="Tls">Null for none.</param>
/// <param name="AllowPlain">Whether other machines may reach it without TLS.</param>
/// <param name="FastDowning">Whether a member whose machine refuses connections to it is downed at once.</param>
internal sealed record ClusterOptions(
    ClusterJoin Join, string? Host, int Port, string? BindHost, ClusterTlsFiles? Tls, bool AllowPlain, bool FastDowning)
{
    /// <summary>Whether there may be other nodes.</summary>
    public bool IsCluster => Join != ClusterJoin.None;

    /// <summary>The name by which the others reach this node.</summary>
    public string Name => Host ?? Environment.MachineName.ToLowerInvariant();

    /// <summary>What this node listens on.</summary>
    public string Bind => BindHost ?? Name;

    /// <summary>Checks what the settings of a cluster need of the others.</summary>
    /// <param name="said">Where a setting was said.</param>
    public static void Check(NodeOptions options, Func<NodeSetting, string> said, Action<OptionMistake> report)
    {
        var cluster = options.Cluster;
        if (cluster.IsCluster && options.StoreKind != StoreKind.PostgreSql)
        {
            report(new(said(NodeSetting.ClusterJoin),
                $"the nodes of a cluster share a database: set {NodeSetting.StoreKind.Path} = postgresql and {NodeSetting.StoreConnection.Path}."));
        }

        NodeSetting[] files = [NodeSetting.ClusterTlsCertificateFile, NodeSetting.ClusterTlsKeyFile, NodeSetting.ClusterTlsCaFile];
        if (Array.Find(files, f => f.Value(options) is not null) is { } one && Array.Find(files, f => f.Value(options) is null) is { } other)
        {
            report(new(said(one), $"TLS between nodes needs all three files; set {other.Path}, too."));
        }
    }
}

/// <summary>The files of TLS between nodes; absolute paths, all PEM.</summary>
/// <param name="Key">For its owner alone.</param>
/// <param name="Ca">Who signs the certificates of nodes.</param>
internal sealed record ClusterTlsFiles(string Certificate, string Key, string Ca);
