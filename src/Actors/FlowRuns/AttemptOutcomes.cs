using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Runner.Actors.FlowRunners;
using Runner.Messages.Runs;

namespace Runner.Actors.FlowRuns;

/// <summary>What an attempt's end means for its run: of two ends that are told, the first one counts.</summary>
internal static class AttemptOutcomes
{
    public static AttemptOutcome Cancelled(string? message) => new(StateType.Cancelled, StateNames.Cancelled, null, null, message);

    public static AttemptOutcome NotStarted(StartFailureKind kind, string message)
    {
        var (code, explanation) = ExitExplanation.Of(kind, message);
        return new(StateType.Crashed, StateNames.Crashed, code, null, explanation);
    }

    /// <summary>An attempt that was to be stopped before its process was spawned.</summary>
    public static AttemptOutcome Interrupted(AttemptStopping stopping) => stopping.Reason switch
    {
        StopReason.Cancel => Cancelled(stopping.Message),
        StopReason.Timeout => new(StateType.Failed, StateNames.TimedOut, null, null, stopping.Message),
        StopReason.Shutdown => new(StateType.Crashed, StateNames.Crashed, null, null, "The node was stopped before the program was started."),
    };

    /// <summary>An attempt whose node is lost, and its process with it.</summary>
    public static AttemptOutcome Lost(FlowRunState state) => state.Stopping is { Reason: StopReason.Cancel } stopping ? Cancelled(stopping.Message)
        : new(
            StateType.Crashed, StateNames.Crashed, null, null,
            $"Node {state.Node}, which ran it, is lost, and the program with it: its result and the end of its output are lost, too.");

    /// <summary>The outcome of a process that is gone.</summary>
    public static AttemptOutcome Of(FlowRunState state, ProcessOutcome ended)
    {
        var own = Own(ended, state.Recipe.SuccessCodes);
        // A process that ended before the stop reached it keeps its own result.
        return state.Stopping is not { } stopping ? own : stopping.Reason switch
        {
            StopReason.Cancel when ended.Exit is ProcessExit.Unknown => Cancelled(Sentence(stopping.Message, "Its process was already gone.")),
            StopReason.Cancel => !ended.StopSent ? own : own with
            {
                Type = StateType.Cancelled, Name = StateNames.Cancelled, Message = stopping.Message,
            },
            StopReason.Timeout => !ended.StopSent && ended.Exit is not ProcessExit.Unknown ? own : own with
            {
                Type = StateType.Failed, Name = StateNames.TimedOut, Message = stopping.Message,
            },
            StopReason.Shutdown => !ended.StopSent || own.Type == StateType.Completed ? own : own with
            {
                Type = StateType.Crashed, Name = StateNames.Crashed,
                Message = "The node was stopped while the program ran, and ended it.",
            },
        };
    }

    /// <summary>What the program left as its result.</summary>
    public static JsonElement? Result(ProcessOutcome ended)
    {
        if (ended.Result is null)
        {
            return null;
        }

        using var document = JsonDocument.Parse(ended.Result);
        return document.RootElement.Clone();
    }

    /// <summary>Whether a process ended by itself, and not because it was stopped.</summary>
    public static bool IsOwn(FlowRunState state, ProcessOutcome ended) => state.Stopping is null || !ended.StopSent;

    private static AttemptOutcome Own(ProcessOutcome ended, ImmutableArray<int>? success)
    {
        var (code, explanation) = ExitExplanation.Of(ended.Exit);
        return ended.Exit switch
        {
            ProcessExit.Exited { Code: 0 } when ExitRules.IsSuccess(success, 0) =>
                new(StateType.Completed, StateNames.Completed, 0, null, ended.ResultProblem),
            ProcessExit.Exited(var exit) when ExitRules.IsSuccess(success, exit) => new(
                StateType.Completed, StateNames.Completed, exit, null,
                Sentence(string.Create(CultureInfo.InvariantCulture, $"Exit code {exit} is one of its success codes."), ended.ResultProblem)),
            ProcessExit.Exited { Code: 0 } => new(
                StateType.Failed, StateNames.Failed, 0, null,
                Sentence("The process ended with exit code 0, which is not one of its success codes.", ended.ResultProblem)),
            ProcessExit.Exited => new(StateType.Failed, StateNames.Failed, code, null, Sentence(explanation, ended.ResultProblem)),
            ProcessExit.Signaled signaled => new(StateType.Crashed, StateNames.Crashed, code, signaled.Signal, explanation),
            _ => new(StateType.Crashed, StateNames.Crashed, null, null, explanation),
        };
    }

    public static string? Sentence(string? first, string? second) =>
        first is null ? second : second is null ? first : first[^1] is '.' or '!' or '?' ? $"{first} {second}" : $"{first}. {second}";
}
