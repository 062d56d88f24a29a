using System.Collections.Immutable;
using Runner.Messages;

namespace Runner.Client;

/// <summary>What every error of this library is; the message is a sentence for people and says what to do.</summary>
public abstract class RunnerClientException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The node answered and refused.</summary>
/// <param name="code">Stable and for machines, e.g. <c>deployment-not-found</c>.</param>
/// <param name="status">The HTTP status.</param>
/// <param name="detail">What happened and what to do.</param>
/// <param name="problems">The details where more than one thing is wrong; may be empty.</param>
public class RunnerApiException(string code, int status, string detail, ImmutableArray<Problem> problems) : RunnerClientException(detail)
{
    public string Code { get; } = code;

    public int Status { get; } = status;

    public ImmutableArray<Problem> Problems { get; } = problems;

    /// <summary>Whether the node had too much to do to look at the request: the same one may be sent again after a moment.</summary>
    internal bool IsBusy => Code is "node-busy" or "too-many-followers";

    /// <summary>Whether this node is not there for anybody just now, where another one may be.</summary>
    /// <param name="repeatable">Whether what was asked for may be sent again though it may have been done.</param>
    internal bool IsAway(bool repeatable) => Code is "node-starting" or "node-stopping" || (Code == "store-not-available" && repeatable);
}

/// <summary>The node does not take the token, or needs one and none was found.</summary>
public sealed class TokenRefusedException(Uri url, bool sent, string source) : RunnerApiException(
    "token-refused",
    401,
    sent
        ? $"The node at {Urls.Plain(url)} refused the token from {source}. Name the node's own data folder with --data, or set RUNNER_TOKEN."
        : $"The node at {Urls.Plain(url)} needs a token and none was found in {source}. "
            + "Name the node's data folder with --data, or set RUNNER_TOKEN.",
    []);

/// <summary>No node answers.</summary>
public sealed class NodeUnreachableException : RunnerClientException
{
    /// <summary>Nothing listens there.</summary>
    public NodeUnreachableException(Uri url, Exception? inner)
        : base($"No node answers at {Urls.Plain(url)}. Start one with `runner serve FILE` or `runner node`, or name another with --url.", inner) =>
        Reason = inner switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "there is no machine of that name",
            HttpRequestException => "nothing listens there",
            OperationCanceledException => "no connection to it came about in time",
            _ => "no answer",
        };

    /// <summary>No node says in its data folder where it listens.</summary>
    public NodeUnreachableException(string folder)
        : base(
            $"No node serves the data folder {folder}: there is no {DataFolder.NodeFileName} in it that you may read. "
            + "Start one with `runner serve FILE` or `runner node`, or name another folder with --data, or a node with --url.",
            null)
    {
    }

    /// <summary>Something listened, and the answer did not come.</summary>
    public NodeUnreachableException(Uri url, string happened, Exception? inner)
        : base($"The node at {Urls.Plain(url)} {happened}", inner) => Reason = happened.TrimEnd('.');

    /// <summary>None of several nodes answers.</summary>
    /// <param name="nodes">Each with why.</param>
    internal NodeUnreachableException(IReadOnlyList<(Uri Url, string Reason)> nodes, Exception? inner)
        : base(
            $"No node answers: {string.Join("; ", nodes.Select(node => $"{Urls.Plain(node.Url)} ({node.Reason})"))}. "
            + "Start one with `runner serve FILE` or `runner node`, or name others with --url.",
            inner)
    {
    }

    /// <summary>Why it could not be reached, beside others.</summary>
    internal string Reason { get; } = "no answer";

    /// <summary>Whether what was asked for may have reached it.</summary>
    internal bool MayBeDone { get; init; }
}

/// <summary>What answered does not speak this API.</summary>
public sealed class UnexpectedAnswerException(Uri url, string what, Exception? inner = null) : RunnerClientException(
    $"What answers at {Urls.Plain(url)} is no node of this version: {what}. Check the address, and that client and node are of one version.", inner);

/// <summary>A node's address that is no URL.</summary>
public sealed class InvalidNodeUrlException(string url) : RunnerClientException(
    $"'{url}' is not the address of a node: expected a URL such as {LocalNode.DefaultUrl}.");

/// <summary>A token file that this user may not read.</summary>
public sealed class TokenNotReadableException : RunnerClientException
{
    public TokenNotReadableException(string file, Exception inner)
        : base($"The token in {file} cannot be read ({inner.Message}). Run this as the user the node runs as, or set RUNNER_TOKEN.", inner)
    {
    }

    /// <summary>There is no such file, or nothing in it.</summary>
    internal TokenNotReadableException(string file)
        : base($"There is no token in {file}, which RUNNER_TOKEN_FILE names. Copy the file `token` of a node's data folder there.")
    {
    }
}

internal static class Urls
{
    /// <summary>Several of them.</summary>
    public static string Plain(IEnumerable<Uri> urls) => string.Join(", ", urls.Select(Plain));

    /// <summary>As a person would write it: no trailing slash, and no password that stood in it.</summary>
    public static string Plain(Uri url) => url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/');
}

/// <summary>The file with the authorities that nodes are proved by cannot be read, or has none.</summary>
public sealed class CaFileException(string file, Exception? inner) : RunnerClientException(
    $"{file} does not hold certificates in PEM ({inner?.Message.TrimEnd('.') ?? "there is none in it"}). Name the file of whoever signed the nodes' "
    + $"certificates with --ca-file or {LocalNode.CaFileVariable}.",
    inner);
