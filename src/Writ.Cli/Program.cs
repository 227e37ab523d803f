using Writ.Cli;

return await WritCommand.RunAsync(args, Surroundings.OfProcess());
