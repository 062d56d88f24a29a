namespace Runner.Actors;

// What a decision may want done outside, for each kind of entity. They stand here, below all kinds, because a message to the limiter is one for
// several.

/// <summary>Something that a flow run's actor can be told to do.</summary>
internal interface IRunIntent;

/// <summary>Something that a deployment's actor can be told to do.</summary>
internal interface IDeploymentIntent;

/// <summary>Something that the actor of the limits' sizes can be told to do.</summary>
internal interface ILimitIntent;
