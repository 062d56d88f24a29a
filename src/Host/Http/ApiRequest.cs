using Runner.Messages;
using Runner.Messages.Http;

namespace Runner.Host.Http;

/// <summary>A request of an operation, whose query <see cref="OperationGuard"/> has looked at.</summary>
internal readonly record struct ApiRequest(HttpContext Context)
{
    public CancellationToken Aborted => Context.RequestAborted;

    /// <summary>The run of the path.</summary>
    /// <exception cref="RequestRefusedException">It is no run id, so there is no such run.</exception>
    public Guid Run => Guid.TryParseExact(Part("run"), "D", out var run) ? run
        : throw new RequestRefusedException(new RunNotFound(Query.Short(Part("run"))));

    /// <summary>The deployment of the path.</summary>
    public string Deployment => $"{Part("flow")}/{Part("name")}";

    /// <summary>A part of the path, as the route names it.</summary>
    public string Part(string name) => Context.GetRouteValue(name) as string ?? "";

    /// <summary>What the query says, or what is meant if it says nothing.</summary>
    public T Get<T>(Query<T> query) =>
        Context.Request.Query[query.Name].ToString() is { Length: > 0 } text && query.TryRead(text, out var value) ? value : query.Usual;

    public static RequestRefusedException QueryInvalid(string field, string message) => new(new QueryInvalid(field, message));
}
