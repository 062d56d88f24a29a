using Runner.Host.Http.Access;
using Runner.Messages.Http;

namespace Runner.Host.Http;

/// <summary>
/// Holds every request to what its operation's description says, before anything is read of its body: a parameter of the query that is unknown,
/// given twice or absurd is refused by name, and what changes something while the node stops.
/// </summary>
internal sealed class OperationGuard(RequestDelegate next, NodeSlot slot)
{
    /// <exception cref="RequestRefusedException">It is not taken.</exception>
    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<Operation>() is { } operation && TokenGuard.Guards(context.Request.Path))
        {
            CheckQuery(context.Request.Query, operation);
            if (operation.Effect != Effect.None)
            {
                slot.CheckTakesWork();
            }
        }

        return next(context);
    }

    private static void CheckQuery(IQueryCollection query, Operation operation)
    {
        foreach (var (name, values) in query)
        {
            if (!operation.Query.Any(q => q.Name == name))
            {
                var known = operation.Query.Select(q => q.Name).ToArray();
                var takes = known.Length == 0 ? "none is known here" : $"known here: {string.Join(", ", known)}";
                throw ApiRequest.QueryInvalid(Query.Short(name), $"unknown parameter; {takes}.{Hint.Of(name, known)}");
            }

            if (values.Count > 1)
            {
                throw ApiRequest.QueryInvalid(name, "given more than once.");
            }
        }

        foreach (var parameter in query.Count == 0 ? [] : operation.Query)
        {
            if (query[parameter.Name].ToString() is { Length: > 0 } text && parameter.WrongWith(text) is { } wrong)
            {
                throw ApiRequest.QueryInvalid(parameter.Name, wrong);
            }
        }
    }
}
