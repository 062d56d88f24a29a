using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Nodes;
using Runner.Messages.Runs;

namespace Runner.Wire;

/// <summary>A request of an application to whichever node gets it, which answers with <see cref="Answered"/>.</summary>
/// <param name="Id">The sender's own number of it: the same when it asks again.</param>
/// <param name="Request">An <see cref="IRequest{TReply}"/>.</param>
internal sealed record Asked(long Id, IWireMessage Request) : IWireMessage;

/// <summary>The answer to <see cref="Asked"/>.</summary>
/// <param name="Reply">What the request's type names, as <see cref="Requests.OnWire"/> has it, or a <see cref="Refusal"/>.</param>
internal sealed record Answered(long Id, IWireMessage Reply) : IWireMessage;

/// <summary>The answer to <see cref="RegisterDeployments"/>, on its way.</summary>
internal sealed record RegisteredDeployments(ImmutableArray<DeploymentRegistered> Items) : IWireMessage;

/// <summary>The answer to <see cref="GetRunHistory"/>, on its way.</summary>
internal sealed record RunSteps(ImmutableArray<RunStateChange> Items) : IWireMessage;

/// <summary>How applications ask nodes.</summary>
internal static class Requests
{
    /// <summary>Where each node takes requests.</summary>
    public const string Path = "/user/" + Actor;

    /// <summary>Its name under <c>/user</c>.</summary>
    public const string Actor = "requests";

    /// <summary>Whether answers of that type are in an envelope on their way.</summary>
    public static bool IsList(Type answer) =>
        answer == typeof(ImmutableArray<DeploymentRegistered>) || answer == typeof(ImmutableArray<RunStateChange>);

    /// <summary>An answer as it goes to another program: lists have no name on the wire.</summary>
    public static IWireMessage OnWire(object answer) => answer switch
    {
        ImmutableArray<DeploymentRegistered> items => new RegisteredDeployments(items),
        ImmutableArray<RunStateChange> items => new RunSteps(items),
        _ => (IWireMessage)answer,
    };

    /// <summary>An answer as the request's type names it.</summary>
    public static object OffWire(IWireMessage answer) => answer switch
    {
        RegisteredDeployments of => of.Items,
        RunSteps of => of.Items,
        _ => answer,
    };
}

/// <summary>The JSON of these, generated at build time. Used through <see cref="MessageJson"/>, whose options hold.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Asked))]
[JsonSerializable(typeof(Answered))]
[JsonSerializable(typeof(RegisteredDeployments))]
[JsonSerializable(typeof(RunSteps))]
[JsonSerializable(typeof(RegisterDeployments))]
[JsonSerializable(typeof(ListDeployments))]
[JsonSerializable(typeof(ListRuns))]
[JsonSerializable(typeof(GetRunHistory))]
[JsonSerializable(typeof(ListNodes))]
internal sealed partial class WireMessagesJson : JsonSerializerContext;
