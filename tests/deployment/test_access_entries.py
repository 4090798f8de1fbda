"""The two functions that talk to the cluster are let in, if one asks for it, as the group that the Role is for."""

from tests.deployment.cloudformation import Template


def test_each_function_that_talks_to_the_cluster_has_an_entry_of_the_group(template: Template) -> None:
    entries = [entry for entry in template.document["Resources"].values() if entry["Type"] == "AWS::EKS::AccessEntry"]
    talking = {
        f"{name}Role"
        for name, function in template.functions.items()
        if "JOB_NAMESPACE" in function.get("Environment", {}).get("Variables", {})
    }

    assert {str(entry["Properties"]["PrincipalArn"]["Fn::GetAtt"][0]) for entry in entries} == talking
    assert all(entry["Properties"]["KubernetesGroups"] == ["auto-retrain"] for entry in entries)
    assert all(entry["Condition"] == "CreatesAccessEntries" for entry in entries)
    assert template.document["Parameters"]["CreateAccessEntries"]["Default"] == "false"
