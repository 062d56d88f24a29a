using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Runner.Messages.Http;

namespace Runner.Client;

/// <summary>A request of an operation, as it is put together.</summary>
internal class ApiCall(ApiConnection api, Operation operation, ReadOnlySpan<string> path)
{
    private string _path = operation.Path.Of(path)[1..];
    private char _separator = '?';

    public Operation Operation => operation;

    /// <summary>As JSON; null if there is none.</summary>
    public byte[]? Body { get; init; }

    /// <summary>The path below the node's address, with the query.</summary>
    public string Path => _path;

    protected ApiConnection Api => api;

    /// <summary>Says something in the query, if it is not null or false.</summary>
    public ApiCall With<T>(Query<T> query, T value)
    {
        if (!operation.Query.Contains(query))
        {
            throw new ArgumentException($"{operation.Id} has no parameter '{query.Name}'.", nameof(query));
        }

        if (TextOf(value) is { } text)
        {
            _path += $"{_separator}{query.Name}={Uri.EscapeDataString(text)}";
            _separator = '&';
        }

        return this;
    }

    /// <summary>The answer as it comes; the caller reads its body.</summary>
    public Task<HttpResponseMessage> OpenAsync(CancellationToken cancel) =>
        api.OpenAsync(() => new HttpRequestMessage(operation.Method, _path), cancel, operation.Repeatable);

    private static string? TextOf<T>(T value) => value switch
    {
        null or false => null,
        true => "true",
        DateTimeOffset instant => Instants.Format(instant),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };
}

/// <summary>A request of an operation that is answered with JSON.</summary>
internal sealed class ApiCall<TAnswer>(ApiConnection api, Operation operation, JsonTypeInfo<TAnswer> answer, ReadOnlySpan<string> path)
    : ApiCall(api, operation, path)
{
    public JsonTypeInfo<TAnswer> Answer => answer;

    /// <inheritdoc cref="ApiCall.With"/>
    public new ApiCall<TAnswer> With<T>(Query<T> query, T value)
    {
        base.With(query, value);
        return this;
    }

    public Task<TAnswer> SendAsync(CancellationToken cancel) => Api.SendAsync(this, cancel);
}
