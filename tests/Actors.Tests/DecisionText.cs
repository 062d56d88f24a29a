using System.Collections.Immutable;
using System.Reflection;
using Runner.Actors.FlowRuns;
using Runner.Entities;
using Runner.Messages;
using Runner.Messages.Runs;

namespace Runner.Actors.Tests;

/// <summary>What the tables of decisions are written in, and what has to stand in them.</summary>
internal static class DecisionText
{
    /// <summary>Events, then intents, then the reply, by their types' names.</summary>
    public static string Of<TEvent, TIntent>(Decision<TEvent, TIntent> decision)
        where TEvent : class
        where TIntent : class => string.Join(
            ' ',
            decision.Events.Select(e => e is RunFinished f ? $"RunFinished:{f.Outcome.Name}" : e.GetType().Name)
                .Concat(decision.Intents.Select(i => i.GetType().Name))
                .Concat(decision.Reply is { } reply ? [$"={reply.GetType().Name}"] : []));

    /// <summary>
    /// Every type of message that entities of a kind are sent: its commands, those of the folders that its actor and its children are in, and those
    /// that every entity gets.
    /// </summary>
    /// <param name="command">What its commands implement.</param>
    /// <param name="others">Those of them that other actors decide about.</param>
    public static ImmutableArray<Type> MessagesTo(Type command, ImmutableArray<string> folders, params Type[] others) =>
    [
        .. Types(typeof(IWireMessage).Assembly).Where(t => t.IsAssignableTo(command))
            .Concat(Types(typeof(FlowRunActor).Assembly)
                .Where(t => t.IsAssignableTo(command) || (folders.Contains(t.Namespace ?? "") && t.IsAssignableTo(typeof(IWireMessage)))))
            .Append(typeof(Recovered)).Append(typeof(WakeUpNow)).Except(others).OrderBy(t => t.Name, StringComparer.Ordinal),
    ];

    private static IEnumerable<Type> Types(Assembly assembly) => assembly.GetTypes().Where(t => t is { IsAbstract: false, IsInterface: false });
}
