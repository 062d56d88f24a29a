using System.Collections.Immutable;

namespace Runner.Client;

/// <summary>Where a node's API is and what opens it; of several nodes of a cluster, which have one token.</summary>
/// <param name="Url">Of the node that is asked first.</param>
/// <param name="Token">Null if none was found: the node will refuse, and the error says where one may come from.</param>
/// <param name="TokenSource">Where the token came from, or where one was looked for; for messages.</param>
public sealed record NodeAddress(Uri Url, string? Token, string TokenSource)
{
    /// <summary>The nodes that are asked, in turn, where the first one cannot be.</summary>
    public ImmutableArray<Uri> Others { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>
    /// A file with the certificates (PEM) of whoever signs those of the nodes that are called by <c>https</c>; null goes by whom the machine trusts.
    /// </summary>
    public string? CaFile { get; init; }

    /// <summary>All of them.</summary>
    internal IEnumerable<Uri> All => Others.Prepend(Url).Distinct();
}

/// <summary>Finds the node a client is to speak to.</summary>
public static class LocalNode
{
    /// <summary>Where a node listens if nothing else is said.</summary>
    public const string DefaultUrl = "http://127.0.0.1:4270";

    /// <summary>Holds a node's URL, or several with commas between them; set for the programs a node runs.</summary>
    public const string UrlVariable = "RUNNER_API_URL";

    /// <summary>Holds a token; set for the programs a node runs.</summary>
    public const string TokenVariable = "RUNNER_TOKEN";

    /// <summary>Holds the path of a file with a token, where the token itself is to stand in no variable.</summary>
    public const string TokenFileVariable = "RUNNER_TOKEN_FILE";

    /// <summary>Holds the path of a file for <see cref="NodeAddress.CaFile"/>.</summary>
    public const string CaFileVariable = "RUNNER_CA_FILE";

    /// <summary>
    /// The URL is <paramref name="url"/>, else <c>RUNNER_API_URL</c>, else what <c>node.json</c> in the data folder says, else
    /// <see cref="DefaultUrl"/>. The token is <c>RUNNER_TOKEN</c>, else what is in the file <c>RUNNER_TOKEN_FILE</c>, else the data folder's. A data
    /// folder that is named goes before the variables, and stands for its own node: where none says that it serves it, no other one is taken for it.
    /// The data folder's token is sent to this machine, to where its own <c>node.json</c> says, or where its folder was named, and nowhere else.
    /// </summary>
    /// <param name="url">One, or several with commas between them, which are asked in turn.</param>
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
        var urls = ParseAll(given ?? NodeFile.TryRead(folder)?.Url ?? (folderNamed ? throw new NodeUnreachableException(folder) : DefaultUrl));

        if (!folderNamed && NonEmpty(environment(TokenVariable)) is { } token)
        {
            return Of(urls, token, TokenVariable, environment);
        }

        if (!folderNamed && NonEmpty(environment(TokenFileVariable)) is { } tokenFile)
        {
            return Of(urls, ReadToken(tokenFile) ?? throw new TokenNotReadableException(tokenFile), tokenFile, environment);
        }

        var file = DataFolder.TokenFilePath(folder);
        return urls.All(uri => uri.IsLoopback) || folderNamed || given is null
            ? Of(urls, ReadToken(file), file, environment)
            : Of(urls, null, TokenVariable, environment);
    }

    private static NodeAddress Of(ImmutableArray<Uri> urls, string? token, string source, Func<string, string?> environment) =>
        new(urls[0], token, source) { Others = urls[1..], CaFile = NonEmpty(environment(CaFileVariable)) };

    private static ImmutableArray<Uri> ParseAll(string urls) =>
        urls.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } each
            ? [.. each.Select(Parse)] : throw new InvalidNodeUrlException(urls);

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
