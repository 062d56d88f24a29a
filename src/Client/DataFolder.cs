namespace Runner.Client;

/// <summary>Where a node keeps its data and leaves word of itself for clients. The one place that knows the names.</summary>
public static class DataFolder
{
    /// <summary>Names a data folder for nodes and clients alike.</summary>
    public const string Variable = "RUNNER_DATA";

    /// <summary>The file a running node describes itself in: a <see cref="NodeFile"/>.</summary>
    public const string NodeFileName = "node.json";

    /// <summary>The file with the token of the API, readable by its owner alone; one line.</summary>
    public const string TokenFileName = "token";

    /// <summary>The name of the default data folder inside the user's data home.</summary>
    public const string DefaultName = "runner-actors";

    /// <summary>
    /// The data folder as an absolute path: <paramref name="given"/> (a flag), else <c>RUNNER_DATA</c>, else
    /// <c>$XDG_DATA_HOME/runner-actors</c>, else <c>~/.local/share/runner-actors</c>. It need not exist.
    /// </summary>
    /// <param name="environment">Reads a variable; null reads the process's own.</param>
    public static string Resolve(string? given = null, Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        var named = NonEmpty(given) ?? NonEmpty(environment(Variable));
        if (named is not null)
        {
            return Path.GetFullPath(named);
        }

        // The XDG rules say that a relative XDG_DATA_HOME is to be ignored.
        var home = NonEmpty(environment("XDG_DATA_HOME"));
        return home is not null && Path.IsPathFullyQualified(home)
            ? Path.Combine(home, DefaultName)
            : Path.GetFullPath(Path.Combine(NonEmpty(environment("HOME")) ?? ".", ".local", "share", DefaultName));
    }

    /// <summary>The path of <c>node.json</c> in a data folder.</summary>
    public static string NodeFilePath(string folder) => Path.Combine(folder, NodeFileName);

    /// <summary>The path of <c>token</c> in a data folder.</summary>
    public static string TokenFilePath(string folder) => Path.Combine(folder, TokenFileName);

    private static string? NonEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}

/// <summary>What <c>node.json</c> holds while a node runs.</summary>
/// <param name="Url">Where its API is, e.g. <c>http://127.0.0.1:4270</c>.</param>
/// <param name="Pid">The node's process.</param>
/// <param name="Node">The node's name.</param>
public sealed record NodeFile(string Url, int Pid, string Node)
{
    /// <summary>The file's bytes.</summary>
    public byte[] ToBytes() => System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(this, ClientJson.Default.NodeFile);

    /// <summary>Reads a data folder's <c>node.json</c>; null if there is none or it is not readable as one (a node is just writing it).</summary>
    public static NodeFile? TryRead(string folder)
    {
        try
        {
            return System.Text.Json.JsonSerializer.Deserialize(File.ReadAllBytes(DataFolder.NodeFilePath(folder)), ClientJson.Default.NodeFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Text.Json.JsonException)
        {
            return null;
        }
    }
}
