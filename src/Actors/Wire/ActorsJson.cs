using System.Text.Json.Serialization;
using Runner.Actors.Deployments;
using Runner.Actors.FlowRuns;
using Runner.Actors.Limits;
using Runner.Actors.Members;
using Runner.Actors.Processes;
using Runner.Actors.Retention;
using Runner.Entities;

namespace Runner.Actors.Wire;

/// <summary>The JSON of the messages between actors, generated at build time. Used through <see cref="WireJson"/>, whose options hold.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Recovered))]
[JsonSerializable(typeof(WakeUpNow))]
[JsonSerializable(typeof(EntityErased))]
[JsonSerializable(typeof(AlarmChanged))]
[JsonSerializable(typeof(PlaceRun))]
[JsonSerializable(typeof(NoOpenRuns))]
[JsonSerializable(typeof(CreateRun))]
[JsonSerializable(typeof(RepeatRun))]
[JsonSerializable(typeof(SlotsGranted))]
[JsonSerializable(typeof(SlotsRefused))]
[JsonSerializable(typeof(SlotsConflicted))]
[JsonSerializable(typeof(GiveWay))]
[JsonSerializable(typeof(ProcessStarted))]
[JsonSerializable(typeof(ProcessNotStarted))]
[JsonSerializable(typeof(ProcessNeverStarted))]
[JsonSerializable(typeof(ProcessEnded))]
[JsonSerializable(typeof(TimeoutReached))]
[JsonSerializable(typeof(StopForShutdown))]
[JsonSerializable(typeof(AcquireSlots))]
[JsonSerializable(typeof(WaitForSlot))]
[JsonSerializable(typeof(StopWaiting))]
[JsonSerializable(typeof(SlotsTaken))]
[JsonSerializable(typeof(SlotsDeclined))]
[JsonSerializable(typeof(SlotsReleased))]
[JsonSerializable(typeof(LimitSizeChanged))]
[JsonSerializable(typeof(LimitUnused))]
[JsonSerializable(typeof(NodeLost))]
[JsonSerializable(typeof(StartAttempt))]
[JsonSerializable(typeof(RecoverAttempt))]
[JsonSerializable(typeof(StopAttempt))]
[JsonSerializable(typeof(ForgetAttempt))]
[JsonSerializable(typeof(NodeHere))]
[JsonSerializable(typeof(EraseOutput))]
[JsonSerializable(typeof(RunsErased))]
[JsonSerializable(typeof(RunStateChanged))]
[JsonSerializable(typeof(ChangesFollow))]
internal sealed partial class ActorsJson : JsonSerializerContext;
