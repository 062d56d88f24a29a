using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using Runner.Messages;
using Runner.Messages.Http;

namespace Runner.Host.Http;

/// <summary>Maps operations to what the node does for them.</summary>
internal sealed class ApiRoutes(IEndpointRouteBuilder routes, NodeSlot slot)
{
    /// <summary>Answers with what the node says to a request.</summary>
    public void Ask<TAnswer>(Operation<TAnswer> operation, Func<ApiRequest, IRequest<TAnswer>> request) => Map(operation, http =>
    {
        // The node is looked for first: while it starts, nothing else is said.
        var node = slot.Node;
        return AnswerAsync(http, node.AskAsync(request(http), http.Aborted), operation.Answer, _ => operation.Answers[0].Status);
    });

    /// <summary>Reads the body, and answers with what the node says to a request.</summary>
    /// <param name="status">The status of an answer that has not always the usual one.</param>
    public void Ask<TBody, TAnswer>(
        Operation<TBody, TAnswer> operation, Func<ApiRequest, TBody, IRequest<TAnswer>> request, Func<TAnswer, int>? status = null) =>
        Map(operation, async http =>
        {
            var body = await BodyReader.ReadAsync(http.Context, operation);
            var node = slot.Node;
            await AnswerAsync(http, node.AskAsync(request(http, body), http.Aborted), operation.Answer, status ?? (_ => operation.Answers[0].Status));
        });

    /// <summary>Answers in a way of its own.</summary>
    public void Map(Operation operation, Func<ApiRequest, Task> handler) =>
        routes.MapMethods(operation.Path.Template, [operation.Method.Method], context => handler(new ApiRequest(context))).WithOperation(operation);

    private static async Task AnswerAsync<TAnswer>(ApiRequest http, Task<Reply<TAnswer>> asked, JsonTypeInfo<TAnswer> info, Func<TAnswer, int> status)
    {
        var reply = await asked;
        await (reply.Refusal is { } refusal
            ? http.Context.SendRefusalAsync(refusal)
            : http.Context.SendJsonAsync(reply.Value!, info, status(reply.Value!)));
    }
}

/// <summary>Says of a route what it is.</summary>
internal static class OperationExtensions
{
    // The document's generator knows a route by its handler's parameters: it is shown one that has none, as all of ours.
    private static readonly MethodInfo Handler = ((RequestDelegate)(static _ => Task.CompletedTask)).Method;

    public static void WithOperation(this IEndpointConventionBuilder route, Operation operation) => route.WithMetadata(operation, Handler);
}
