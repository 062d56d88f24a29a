namespace Runner.Client;

/// <summary>Where a node's API is and what opens it.</summary>
/// <param name="Token">Null if none was found: the node will refuse, and the error says where one may come from.</param>
/// <param name="TokenSource">Where the token came from, or where one was looked for; for messages.</param>
public sealed record NodeAddress(Uri Url, string? Token, string TokenSource);

/// <summary>Finds the node a client is to speak to.</summary>
public static class LocalNode
{
    /// <summary>Where a node listens if nothing else is said.</summary>
    public const string DefaultUrl = "http://127.0.0.1:4270";

    /// <summary>Holds a node's URL; set for the programs a node runs.</summary>
    public const string UrlVariable = "RUNNER_API_URL";

    /// <summary>Holds a token; set for the programs a node runs.</summary>
    public const string TokenVariable = "RUNNER_TOKEN";

    /// <summary>
    /// The URL is <paramref name="url"/>, else <c>RUNNER_API_URL</c>, else what <c>node.json</c> in the data folder says, else
    /// <see cref="DefaultUrl"/>. The token is <c>RUNNER_TOKEN</c>, else the data folder's. A data folder that is named goes before the
    /// variables, and stands for its own node: where none says that it serves it, no other one is taken for it. The data folder's token is sent
    /// to this machine, to where its own <c>node.json</c> says, or where its folder was named, and nowhere else.
    /// </summary>
    /// <param name="environment">Reads a variable; null reads the process's own.</param>
    /// <exception cref="InvalidNodeUrlException">The URL is none.</exception>
    /// <exception cref="NodeUnreachableException">A data folder is named, no URL is, and no node says in the folder that it serves it.</exception>
    /// <exception cref="TokenNotReadableException">There is a token file that this user may not read.</exception>
    public static NodeAddress Find(string? url = null, string? data = null, Func<string, string?>? environment = null)
    {
        environment ??= Environment.GetEnvironmentVariable;
        var folderNamed = !string.IsNullOrWhiteSpace(data);
        var folder = DataFolder.Resolve(data, environment);

        var given = NonEmpty(url) ?? (folderNamed ? null : NonEmpty(environment(UrlVariable)));
        var uri = Parse(given ?? NodeFile.TryRead(folder)?.Url ?? (folderNamed ? throw new NodeUnreachableException(folder) : DefaultUrl));

        if (!folderNamed && NonEmpty(environment(TokenVariable)) is { } token)
        {
            return new NodeAddress(uri, token, TokenVariable);
        }

        var file = DataFolder.TokenFilePath(folder);
        return uri.IsLoopback || folderNamed || given is null
            ? new NodeAddress(uri, ReadToken(file), file)
            : new NodeAddress(uri, null, TokenVariable);
    }

    /// <summary>Reads a node's URL.</summary>
    /// <exception cref="InvalidNodeUrlException">It is not an absolute http or https URL.</exception>
    public static Uri Parse(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0
            ? uri
            : throw new InvalidNodeUrlException(url);

    private static string? ReadToken(string file)
    {
        try
        {
            return NonEmpty(File.ReadAllText(file))?.Trim();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TokenNotReadableException(file, e);
        }
    }

    private static string? NonEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
