"""On request, the stack gives the two functions that call the cluster access as the group of the Role."""

from tests.deployment.cloudformation import Template


def test_each_function_that_calls_the_cluster_has_an_access_entry_for_the_group(template: Template) -> None:
    entries = [entry for entry in template.document["Resources"].values() if entry["Type"] == "AWS::EKS::AccessEntry"]
    callers = {
        f"{name}Role"
        for name, function in template.functions.items()
        if "JOB_NAMESPACE" in function.get("Environment", {}).get("Variables", {})
    }

    assert {str(entry["Properties"]["PrincipalArn"]["Fn::GetAtt"][0]) for entry in entries} == callers
    assert all(entry["Properties"]["KubernetesGroups"] == ["auto-retrain"] for entry in entries)
    assert all(entry["Condition"] == "CreatesAccessEntries" for entry in entries)
    assert template.document["Parameters"]["CreateAccessEntries"]["Default"] == "false"
